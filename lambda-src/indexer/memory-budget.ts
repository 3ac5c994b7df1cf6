// Memory for layers in flight. A layer starts when its share is free, so as many layers are read in parallel as fit.
import type { Descriptor } from '../core/oci/descriptor.ts';

/**
 * Memory that every layer in flight needs besides that for its zTOC: the decoder, pieces in transit, and the thread that
 * inflates the layer. Measured with 60 layers and 1, 2 and 4 threads, which took 131, 159 and 192 MiB
 * (docs/reliability.md).
 */
const bytesPerLayer = 32 * 1024 * 1024;

/**
 * Assumed ratio of uncompressed to compressed bytes. Layers of text and binaries have 2 to 4; a layer with a higher ratio
 * exceeds its share, which is detected while it is read, and is read again alone.
 */
const usualExpansion = 5;

/**
 * Size of the table of contents relative to the layer, and its minimum: a file takes about 200 bytes, and there is one file
 * for every few KiB of compressed data.
 */
const contentsShare = 0.02;
const smallestContentsBytes = 1024 * 1024;

/** Size of a checkpoint, which mainly consists of its window. */
const bytesPerCheckpoint = 32 * 1024;

/** The parts are kept in memory until the zTOC's bytes are written, so both exist at the end. */
const copiesOfZtoc = 2;

/** Checking an existing zTOC requires its bytes, its decoded form, and the bytes of the repeated encoding. */
const copiesOfCheckedZtoc = 3;

/** Memory for checking a zTOC of this size. */
export function estimateCheckMemory(ztocBytes: number): number {
  return copiesOfCheckedZtoc * ztocBytes;
}

/** Size of the largest zTOC that fits into this memory. */
export function largestZtocIn(memoryBytes: number): number {
  return Math.floor(memoryBytes / copiesOfZtoc);
}

/** Expected memory for a layer's zTOC in bytes: its checkpoints and contents, twice. */
export function estimateZtocMemory(layer: Descriptor, spanSizeBytes: number): number {
  const uncompressedBytes = layer.size * usualExpansion;
  const checkpointBytes =
    (uncompressedBytes / Math.max(spanSizeBytes, bytesPerCheckpoint)) * bytesPerCheckpoint;
  return Math.ceil(
    copiesOfZtoc *
      (bytesPerCheckpoint + checkpointBytes + smallestContentsBytes + layer.size * contentsShare),
  );
}

export class MemoryBudget {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param bytes Infinity for no limit. */
  constructor(readonly bytes: number) {
    this.#free = bytes;
  }

  /** Memory for the zTOC of one layer if nothing else is in flight. */
  get largestZtoc(): number {
    return Math.max(0, this.bytes - bytesPerLayer);
  }

  /**
   * Waits until there is room for a layer with a zTOC of this size. A layer that needs more than the whole budget gets the
   * whole budget.
   *
   * @returns A function that releases the memory.
   */
  async take(ztocBytes: number): Promise<() => void> {
    const share = Math.min(ztocBytes + bytesPerLayer, this.bytes);
    while (this.#free < share) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (share !== Infinity) this.#free -= share;
    return () => {
      if (share !== Infinity) this.#free += share;
      for (const wake of this.#waiting.splice(0)) wake();
    };
  }
}
