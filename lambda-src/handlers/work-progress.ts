// How far the work on an image has come, in words for an error.
import type { Descriptor } from '../core/oci/descriptor.ts';
import type { IndexProgress } from '../indexer/index-layers.ts';

export class WorkProgress implements IndexProgress {
  #layers = 0;
  #layersDone = 0;
  #bytes = 0;
  #bytesRead = 0;

  onStart(layers: readonly Descriptor[]): void {
    this.#layers = layers.length;
    this.#bytes = layers.reduce((sum, { size }) => sum + size, 0);
  }

  onBytes(_layer: Descriptor, bytes: number): void {
    this.#bytesRead += bytes;
  }

  onLayerDone(): void {
    this.#layersDone++;
  }

  describe(): string {
    if (this.#layers === 0) return 'no layer has been read yet';
    return `${this.#layersDone} of ${this.#layers} layers are done, ${this.#bytesRead} of ${this.#bytes} bytes are read`;
  }
}
