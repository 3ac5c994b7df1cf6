// The judgement of a layer from its own entries, whatever is below it. It is made once, when the layer or its zTOC is read,
// and is small enough to be passed between threads and invocations.
import type { PackedEntries } from '../tar/packed-entries.ts';
import type { Differences } from './difference.ts';
import { screenEntries } from './screening.ts';
import { judgeLayer, type LayerJudgement } from './stack-judgement.ts';

export type OwnJudgement =
  | { readonly kind: 'faithful' }
  /** The snapshotter refuses the zTOC and unpacks the layer itself: slower, but correct. */
  | { readonly kind: 'refused' }
  /** containerd cannot unpack the layer, so no image with it can be pulled anyway. */
  | { readonly kind: 'not-unpackable' }
  | {
      readonly kind: 'metadata' | 'breaks';
      /** The first differences of this class, for people. */
      readonly sentences: readonly string[];
      /** Their number. */
      readonly count: number;
    };

/** What judging an image requires of each layer. */
export interface LayerFidelity {
  readonly own: OwnJudgement;
  /** A directory has no entry before its contents: the layers below determine its metadata. */
  readonly dependsOnLowers: boolean;
  /** In the bottom layer, they are applied differently. */
  readonly hasWhiteouts: boolean;
}

/** @param isBottom Whether it is the bottom layer of its image. */
export function judgeOwn(entries: PackedEntries, isBottom: boolean): LayerFidelity {
  const screening = screenEntries(entries);
  const { differs, dependsOnLowers, hasWhiteouts } = screening;
  // What depends on the layers below is judged together with them.
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

/** As many as a person would read. */
const maximumSentences = 3;

/** The differences of one class: the first sentences, and their number. */
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

/** The sentences as one, with the number of those left out. */
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
