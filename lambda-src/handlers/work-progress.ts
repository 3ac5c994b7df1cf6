// The progress of an image: described for an error message, and used to decide whether the image can be finished at all.
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';
import { sumSizes } from '../core/sum-of.ts';
import type { IndexProgress } from '../indexer/index-layers.ts';
import { TooSlowError } from './hand-over.ts';

/** Share of an invocation's time after which the pace of a layer is a reliable estimate. */
const shareToJudge = 0.1;

/** A layer is given up if, at its current pace, it would take this many times the time of an invocation. */
const hopelessShare = 1.2;

interface LayerInFlight {
  readonly startedAt: number;
  bytes: number;
}

export class WorkProgress implements IndexProgress {
  readonly #invocationMilliseconds: number;
  readonly #now: () => number;

  readonly #inFlight = new Map<Digest, LayerInFlight>();
  #layers = 0;
  #layersDone = 0;
  #bytes = 0;
  #bytesRead = 0;

  /**
   * @param invocationMilliseconds The time of one invocation. A layer must be read within one.
   * @param now In milliseconds.
   */
  constructor(invocationMilliseconds: number, now: () => number = () => performance.now()) {
    this.#invocationMilliseconds = invocationMilliseconds;
    this.#now = now;
  }

  onStart(layers: readonly Descriptor[]): void {
    this.#layers = layers.length;
    this.#bytes = sumSizes(layers);
  }

  /** @throws TooSlowError as soon as it is clear that the layer cannot be read in time. */
  onBytes(layer: Descriptor, bytes: number): void {
    this.#bytesRead += bytes;
    const inFlight = this.#inFlight.get(layer.digest) ?? { startedAt: this.#now(), bytes: 0 };
    this.#inFlight.set(layer.digest, inFlight);
    inFlight.bytes += bytes;
    // A layer that is read in parallel with others would be faster alone.
    if (this.#inFlight.size === 1) this.#judge(layer, inFlight);
  }

  onLayerDone({ digest }: Descriptor): void {
    this.#layersDone++;
    this.#inFlight.delete(digest);
  }

  describe(): string {
    if (this.#layers === 0) return 'no layer has been read yet';
    return `${this.#layersDone} of ${this.#layers} layers are done, ${this.#bytesRead} of ${this.#bytes} bytes have been read`;
  }

  #judge({ digest, size }: Descriptor, { startedAt, bytes }: LayerInFlight): void {
    const elapsed = this.#now() - startedAt;
    if (elapsed < this.#invocationMilliseconds * shareToJudge) return;
    const expected = (elapsed * size) / bytes;
    if (expected < this.#invocationMilliseconds * hopelessShare) return;
    const seconds = (milliseconds: number) => Math.round(milliseconds / 1000);
    throw new TooSlowError(
      `layer ${digest} (${size} bytes) cannot be read in one invocation of ${seconds(this.#invocationMilliseconds)} s: ${bytes} bytes took ${seconds(elapsed)} s, so the whole layer would take ${seconds(expected)} s. More memory also gives more CPU`,
    );
  }
}
