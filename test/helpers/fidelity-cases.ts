// The images that were both unpacked and lazy-loaded, with the measured results: see test/fixtures/README.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface FidelityLayer {
  readonly tar: Uint8Array;
  readonly class: 'none' | 'metadata' | 'breaks';
  /** Whether the snapshotter accepts its zTOC. */
  readonly lazy: boolean;
  /** Paths that differ. */
  readonly at?: readonly string[];
}

export interface FidelityCase {
  readonly name: string;
  readonly kind: string;
  /** From bottom to top. */
  readonly layers: readonly FidelityLayer[];
  /** Whether the image would still differ without the layers that differ. */
  readonly stillDiffers: boolean;
}

interface StoredCase extends Omit<FidelityCase, 'layers'> {
  readonly layers: readonly (Omit<FidelityLayer, 'tar'> & {
    readonly start: number;
    readonly bytes: number;
  })[];
}

const folder = join(__dirname, '..', 'fixtures', 'fidelity');

export function readFidelityCases(): readonly FidelityCase[] {
  const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as readonly StoredCase[];
  const tars = gunzipSync(readFileSync(join(folder, 'tars.gz')));
  return cases.map(({ layers, ...rest }) => ({
    ...rest,
    layers: layers.map(({ start, bytes, ...layer }) => ({
      ...layer,
      tar: tars.subarray(start, start + bytes),
    })),
  }));
}
