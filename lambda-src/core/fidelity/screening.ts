// Screens each entry to tell whether a layer can differ at all. Hardly any can, and only those need the machines; the
// machines would find all others faithful. The rules are in ../wasm/tar/screening.ts, beside the tar reader.
import type { PackedEntries } from '../tar/packed-entries.ts';
import {
  screenedDependsOnLowers,
  screenedDiffers,
  screenedHasWhiteouts,
} from '../tar/packed-entry-layout.ts';
import { giveBackInstance, takeInstance } from '../wasm-module.ts';

/** What a layer's own entries tell. */
export interface Screening {
  /** The machines must run, whatever the layer's position. */
  readonly differs: boolean;
  /** A directory has no entry before its contents: the layers below determine its metadata. */
  readonly dependsOnLowers: boolean;
  /** In the bottom layer, they are applied differently. */
  readonly hasWhiteouts: boolean;
}

/** Whether the machines must judge a layer at this position. */
export function mustRun(screening: Screening, isBottom: boolean): boolean {
  return screening.differs || (isBottom ? screening.hasWhiteouts : screening.dependsOnLowers);
}

/**
 * The result of screening.
 *
 * @param entries From a tar, whose reader has screened them, or from a zTOC: then they are screened here.
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
      // No tar has an entry that large: the machines judge it.
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
