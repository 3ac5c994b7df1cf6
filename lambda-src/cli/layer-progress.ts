// Tells on standard error how the layers of an image come along: one live line on a terminal, a line for each finished
// layer elsewhere.
import type { Descriptor } from '../core/oci/descriptor.ts';
import type { IndexProgress } from '../indexer/index-layers.ts';
import type { LayerOutcome } from '../indexer/outcome.ts';
import { ByteProgress } from './progress.ts';
import { formatBytes, formatCount } from './quantities.ts';

export class LayerProgress implements IndexProgress {
  #bar: ByteProgress | undefined;

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {}

  onStart(layers: readonly Descriptor[]): void {
    const bytes = layers.reduce((sum, { size }) => sum + size, 0);
    this.#say(`reading ${formatCount(layers.length, 'layer')}, ${formatBytes(bytes)}`);
    this.#bar = new ByteProgress('layers', bytes, this.stream);
  }

  onBytes(_layer: Descriptor, bytes: number): void {
    this.#bar?.add(bytes);
  }

  onLayerDone(layer: Descriptor, outcome: LayerOutcome): void {
    const what =
      outcome.status !== 'skipped'
        ? `${outcome.status === 'reused' ? 'not read: ' : ''}zTOC of ${formatBytes(outcome.ztoc.size)}, ${formatCount(outcome.ztoc.spans, 'span')}, ${formatCount(outcome.ztoc.files, 'file')}`
        : `${outcome.status}: ${outcome.reason}`;
    this.#say(`${shortDigest(layer.digest)}  ${formatBytes(layer.size)}  ${what}`);
  }

  finish(): void {
    this.#bar?.finish();
  }

  #say(line: string): void {
    this.#bar?.finish();
    this.stream.write(`${line}\n`);
  }
}

/** Enough of a digest to tell it from others. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}
