// Judges a layer by its own entries alone, without the layers below. This is done once, when the layer or its zTOC is read.
// The result is small enough to be passed between threads and invocations.
import type { PackedEntries } from '../tar/packed-entries.ts';
import type { Differences } from './difference.ts';
import { screenEntries } from './screening.ts';
import { judgeLayer, type LayerJudgement } from './stack-judgement.ts';

export type OwnJudgement =
  | { readonly kind: 'faithful' }
  /** The snapshotter rejects the zTOC and unpacks the layer itself, which is slower but correct. */
  | { readonly kind: 'refused' }
  /** containerd cannot unpack the layer, so an image with it cannot be pulled anyway. */
  | { readonly kind: 'not-unpackable' }
  | {
      readonly kind: 'metadata' | 'breaks';
      /** The first differences of this class, for people. */
      readonly sentences: readonly string[];
      /** The number of all differences of this class. */
      readonly count: number;
    };

/** What is needed of each layer to judge an image. */
export interface LayerFidelity {
  readonly own: OwnJudgement;
  /** A directory has no entry before its contents, so the layers below determine its metadata. */
  readonly dependsOnLowers: boolean;
  /** The layer has whiteouts, which are applied differently in the bottom layer. */
  readonly hasWhiteouts: boolean;
}

/** @param isBottom Whether it is the bottom layer of its image. */
export function judgeOwn(entries: PackedEntries, isBottom: boolean): LayerFidelity {
  const screening = screenEntries(entries);
  const { differs, dependsOnLowers, hasWhiteouts } = screening;
  // Directories that depend on the layers below are judged later, together with those layers.
  const mayDiffer = differs || (isBottom && hasWhiteouts);
  const own = mayDiffer ? toOwn(judgeLayer({ entries, screening }, isBottom)) : { kind: 'faithful' as const };
  return { own, dependsOnLowers, hasWhiteouts };
}

function toOwn(judgement: LayerJudgement): OwnJudgement {
  switch (judgement.kind) {
    case 'faithful':
    case 'refused':
      return { kind: judgement.kind };
    case 'not-judged':
      return { kind: 'not-unpackable' };
    case 'metadata':
    case 'breaks':
      return { kind: judgement.kind, ...summarize(judgement.differences, judgement.kind) };
  }
}

/** A person would hardly read more. */
const maximumSentences = 3;

/** The differences of one class: the first sentences, and the total number. */
export function summarize(
  differences: Differences,
  of: 'metadata' | 'breaks',
): { readonly sentences: readonly string[]; readonly count: number } {
  const sentences = differences
    .kept(of)
    .slice(0, maximumSentences)
    .map(({ sentence }) => sentence);
  return { sentences, count: differences.count(of) };
}

/** Joins the sentences, and adds the number of omitted ones. */
export function joinSentences({
  sentences,
  count,
}: {
  readonly sentences: readonly string[];
  readonly count: number;
}): string {
  const more = count - sentences.length;
  return sentences.join('; ') + (more > 0 ? `; and ${more} more` : '');
}
