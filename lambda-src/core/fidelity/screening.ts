// Screens each entry to decide whether a layer can differ at all between unpacking and lazy loading. Hardly any layer can, and
// only those are compared in detail; for all others, the comparison would find no difference. The rules are in
// ../wasm/tar/screening.ts, next to the tar reader.
import type { PackedEntries } from '../tar/packed-entries.ts';
import {
  screenedDependsOnLowers,
  screenedDiffers,
  screenedHasWhiteouts,
} from '../tar/packed-entry-layout.ts';
import { giveBackInstance, takeInstance } from '../wasm-module.ts';

/** The result of screening a layer's own entries. */
export interface Screening {
  /** The layer must be compared in detail, whatever its position. */
  readonly differs: boolean;
  /** A directory has no entry before its contents, so the layers below determine its metadata. */
  readonly dependsOnLowers: boolean;
  /** The layer has whiteouts, which are applied differently in the bottom layer. */
  readonly hasWhiteouts: boolean;
}

/** Whether a layer at this position must be compared in detail. */
export function mustRun(screening: Screening, isBottom: boolean): boolean {
  return screening.differs || (isBottom ? screening.hasWhiteouts : screening.dependsOnLowers);
}

/**
 * The result of screening.
 *
 * @param entries From a tar, whose reader has already screened them, or from a zTOC; in that case, they are screened here.
 */
export function screenEntries(entries: PackedEntries): Screening {
  const bits = (entries.screening ??= screenChunks(entries.chunks));
  return {
    differs: (bits & screenedDiffers) !== 0,
    dependsOnLowers: (bits & screenedDependsOnLowers) !== 0,
    hasWhiteouts: (bits & screenedHasWhiteouts) !== 0,
  };
}

function screenChunks(chunks: readonly Uint8Array[]): number {
  const instance = takeInstance();
  const { exports } = instance;
  let result = 0;
  exports.resetScreening();
  for (const chunk of chunks) {
    if (chunk.length > exports.chunkCapacity()) {
      // No tar has an entry that large. The detailed comparison judges it.
      result |= screenedDiffers | screenedDependsOnLowers | screenedHasWhiteouts;
      continue;
    }
    instance.memory.set(chunk, exports.chunkAddress());
    exports.screenChunk(chunk.length);
  }
  result |= exports.screeningResult();
  giveBackInstance(instance);
  return result;
}
