// Shows the progress of an image's layers on standard error: on a terminal, a bar for each layer in flight and one for the
// total; elsewhere, a line for each finished layer.
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';
import { sumSizes } from '../core/sum-of.ts';
import { LiveLines } from './live-lines.ts';
import { describeProgress, formatRate, Transfer } from './progress.ts';
import { formatBytes, formatCount, formatDuration } from '../core/quantities.ts';

/** Before that, a forecast would be a guess. */
const millisecondsBeforeForecast = 3000;

/** Outcome: the result of a finished layer. */
export class LayerProgress<Outcome> {
  readonly #describe: (outcome: Outcome) => string;
  readonly #live: LiveLines;

  readonly #inFlight = new Map<Digest, Transfer>();
  #startedAt = 0;
  #layers = 0;
  #finishedLayers = 0;
  #totalBytes = 0;
  #finishedBytes = 0;
  /** Bytes of finished layers, without reused ones. */
  #readBytes = 0;

  constructor(describe: (outcome: Outcome) => string, live: LiveLines = new LiveLines()) {
    this.#describe = describe;
    this.#live = live;
  }

  /** Called before the first byte of these layers; there may have been others before. */
  onStart(layers: readonly Descriptor[]): void {
    const bytes = sumSizes(layers);
    if (this.#layers === 0) this.#startedAt = this.#live.now();
    this.#layers += layers.length;
    this.#totalBytes += bytes;
    this.#live.say(`reading ${formatCount(layers.length, 'layer')}, ${formatBytes(bytes)}`);
  }

  onBytes({ digest, size }: Descriptor, bytes: number): void {
    const now = this.#live.now();
    const transfer = this.#inFlight.get(digest) ?? new Transfer(shortDigest(digest), size, now);
    this.#inFlight.set(digest, transfer);
    transfer.add(bytes);
    this.#draw();
  }

  onLayerDone({ digest, size }: Descriptor, outcome: Outcome): void {
    this.#readBytes += this.#inFlight.get(digest)?.readBytes ?? 0;
    this.#inFlight.delete(digest);
    this.#finishedLayers++;
    this.#finishedBytes += size;
    this.#live.say(`${shortDigest(digest)}  ${formatBytes(size)}  ${this.#describe(outcome)}`);
    this.#draw();
  }

  /** Removes the bars, after the work is done or has failed. */
  finish(): void {
    this.#live.clear();
  }

  #draw(): void {
    this.#live.draw((columns) => [
      ...Array.from(this.#inFlight.values(), (transfer) => transfer.describe(columns, this.#live.now())),
      ...(this.#layers > 1 ? [this.#describeTotal(columns)] : []),
    ]);
  }

  #describeTotal(columns: number): string {
    const milliseconds = this.#live.now() - this.#startedAt;
    const transfers = [...this.#inFlight.values()];
    const doneBytes = transfers.reduce((sum, transfer) => sum + transfer.doneBytes, this.#finishedBytes);
    const readBytes = transfers.reduce((sum, transfer) => sum + transfer.readBytes, this.#readBytes);
    const label = `${this.#finishedLayers} of ${formatCount(this.#layers, 'layer')}`;
    const secondsLeft = ((this.#totalBytes - doneBytes) / readBytes) * (milliseconds / 1000);
    const forecast =
      milliseconds < millisecondsBeforeForecast || readBytes === 0 || secondsLeft < 1
        ? ''
        : `${formatDuration(secondsLeft)} left`;
    const words = [formatRate(readBytes, milliseconds), forecast];
    return describeProgress(label.padEnd(shortDigestLength), doneBytes, this.#totalBytes, words, columns);
  }
}

const shortDigestLength = 'sha256:'.length + 12;

/** The beginning of a digest, long enough to distinguish it from others. */
export function shortDigest(digest: string): string {
  return digest.slice(0, shortDigestLength);
}
