// Says in one look at each entry whether a layer can differ at all. Nearly none can: only for those that can do the
// machines run. What it passes, they find faithful. The rules are in ../wasm/tar/screening.ts, beside the tar reader.
import type { PackedEntries } from '../tar/packed-entries.ts';
import {
  screenedDependsOnLowers,
  screenedDiffers,
  screenedHasWhiteouts,
} from '../tar/packed-entry-layout.ts';
import { giveBackInstance, takeInstance } from '../wasm-module.ts';

/** What a layer's entries say by themselves. */
export interface Screening {
  /** The machines must run, wherever the layer lies. */
  readonly differs: boolean;
  /** A directory has no entry before what is in it: layers below decide what it looks like. */
  readonly dependsOnLowers: boolean;
  /** They are applied in another way in the bottom layer. */
  readonly hasWhiteouts: boolean;
}

/** Whether a layer at this place of an image must be judged by the machines. */
export function mustRun(screening: Screening, isBottom: boolean): boolean {
  return screening.differs || (isBottom ? screening.hasWhiteouts : screening.dependsOnLowers);
}

/**
 * What the look at each entry has found.
 *
 * @param entries Of a tar, whose reader has looked at them, or of a zTOC: then they are looked at here.
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
      // No tar has an entry that large: the machines say what it is.
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
