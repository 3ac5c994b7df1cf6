// What a layer's own entries say of it, whatever lies below it: made once, when the layer or its zTOC is read, and small
// enough to travel between threads and invocations.
import type { PackedEntries } from '../tar/packed-entries.ts';
import type { Differences } from './difference.ts';
import { screenEntries } from './screening.ts';
import { judgeLayer, type LayerJudgement } from './stack-judgement.ts';

export type OwnJudgement =
  | { readonly kind: 'faithful' }
  /** The snapshotter refuses the zTOC and unpacks the layer itself: slower, not wrong. */
  | { readonly kind: 'refused' }
  /** containerd cannot unpack the layer, so no image that has it can be pulled: there is nothing to protect. */
  | { readonly kind: 'not-unpackable' }
  | {
      readonly kind: 'metadata' | 'breaks';
      /** Of the differences of this class, the first few, for people. */
      readonly sentences: readonly string[];
      /** How many there are. */
      readonly count: number;
    };

/** What must be known of a layer to judge the image that it is part of. */
export interface LayerFidelity {
  readonly own: OwnJudgement;
  /** A directory has no entry before what is in it: layers below decide what it looks like. */
  readonly dependsOnLowers: boolean;
  /** They are applied in another way in the bottom layer. */
  readonly hasWhiteouts: boolean;
}

/** @param isBottom Whether the layer is the lowest of its image. */
export function judgeOwn(entries: PackedEntries, isBottom: boolean): LayerFidelity {
  const screening = screenEntries(entries);
  const { differs, dependsOnLowers, hasWhiteouts } = screening;
  // What depends on layers below is judged with them.
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

/** As many as a person reads at once. */
const maximumSentences = 3;

/** The differences of a class: the first few sentences, and how many there are. */
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

/** The sentences in one, with the number of those that are left out. */
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
