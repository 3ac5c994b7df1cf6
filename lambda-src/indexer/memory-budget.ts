// How much memory layers may take together. A layer starts when its share is free; so many are read side by side as fit.
import type { Descriptor } from '../core/oci/descriptor.ts';

/**
 * Of any layer in flight: the decoder, the pieces of it that are on their way, and the thread that inflates it. Measured
 * with 60 layers and 1, 2 and 4 threads, which took 131, 159 and 192 MiB (docs/reliability.md).
 */
const bytesPerLayer = 32 * 1024 * 1024;

/**
 * How many uncompressed bytes a compressed one stands for, when nothing else is known. Layers of text and binaries have
 * 2 to 4; one with more takes more than its share, is detected while it is read, and read again by itself.
 */
const usualExpansion = 5;

/** Of the table of contents: a file takes about 200 bytes for every few KiB compressed; and the smallest that there is. */
const contentsShare = 0.02;
const smallestContentsBytes = 1024 * 1024;

/** A checkpoint: its window. */
const bytesPerCheckpoint = 32 * 1024;

/** Its parts are held until its bytes are written: both are there at the end. */
const copiesOfZtoc = 2;

/** Where a zTOC that is there already is checked: its bytes, what was read of them, and the bytes that this makes again. */
const copiesOfCheckedZtoc = 3;

/** The memory that checking a zTOC of so many bytes takes. */
export function estimateCheckMemory(ztocBytes: number): number {
  return copiesOfCheckedZtoc * ztocBytes;
}

/** The largest zTOC that so much memory is enough for. */
export function largestZtocIn(memoryBytes: number): number {
  return Math.floor(memoryBytes / copiesOfZtoc);
}

/**
 * The memory that a layer's zTOC is expected to take, in bytes: its checkpoints and contents, twice.
 */
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

  /** @param bytes Infinity for no bound. */
  constructor(readonly bytes: number) {
    this.#free = bytes;
  }

  /** Memory for the zTOC of one layer if nothing else is in flight. */
  get largestZtoc(): number {
    return Math.max(0, this.bytes - bytesPerLayer);
  }

  /**
   * Waits until there is room for a layer with a zTOC of so many bytes. One that is larger than everything takes
   * everything.
   *
   * @returns Gives the room back.
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
