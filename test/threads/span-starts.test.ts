// Digests of spans that are made in another thread than the one that inflates must be those of one thread, however the
// layer is cut into pieces: a span may begin within a byte, and at the last byte of a piece.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../lambda-src/core/errors.ts';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { createZtocBuilder, type ZtocOptions } from '../../lambda-src/core/ztoc/ztoc-builder.ts';
import { SpanStartDigests, SpanStartRecorder } from '../../lambda-src/threads/span-starts.ts';
import { conformanceFolders } from '../helpers/conformance.ts';
import { createRandom } from '../helpers/random.ts';

/** In the order of `pieceBytes`, again and again. */
function* cut(bytes: Uint8Array, pieceBytes: () => number): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length;) {
    const piece = bytes.subarray(start, start + pieceBytes());
    yield piece;
    start += piece.length;
  }
}

/** Undefined where the layer is damaged, or no tar. */
function digestsOfOneThread(layer: Uint8Array, options: ZtocOptions): readonly Digest[] | undefined {
  const builder = createZtocBuilder(options);
  try {
    builder.push(layer);
    return builder.finish().spanDigests;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  } finally {
    builder.discard();
  }
}

function digestsOfTwo(layer: Uint8Array, options: ZtocOptions, pieceBytes: () => number): readonly Digest[] {
  const recorder = new SpanStartRecorder();
  const digests = new SpanStartDigests();
  const builder = createZtocBuilder(options, recorder);
  for (const piece of cut(layer, pieceBytes)) {
    builder.push(piece);
    digests.add(piece, recorder.takeStarts());
  }
  recorder.receiveDigests(digests.finish());
  return builder.finish().spanDigests;
}

describe.each(conformanceFolders)('layers of %s', (_name, folder) => {
  const layersFolder = join(folder, 'layers');
  const layers = (existsSync(layersFolder) ? readdirSync(layersFolder) : [])
    .map((name) => readFileSync(join(layersFolder, name)))
    // A byte at a time takes time.
    .filter(({ length }) => length < 300_000);

  test.each<[string, (seed: number) => () => number]>([
    ['one byte', () => () => 1],
    ['seven bytes', () => () => 7],
    [
      'any number of bytes',
      (seed) => {
        const random = createRandom(seed);
        return () => 1 + random.below(5000);
      },
    ],
    ['everything', () => () => Infinity],
  ])('have the same digests in pieces of %s', (_title, pieceBytesOf) => {
    let compared = 0;
    for (const [seed, layer] of layers.entries()) {
      for (const spanSizeBytes of [0, 4096, 1 << 22]) {
        const options: ZtocOptions = { compression: 'gzip', spanSizeBytes, buildToolIdentifier: 'a test' };
        const expected = digestsOfOneThread(layer, options);
        if (expected === undefined) continue;
        expect(digestsOfTwo(layer, options, pieceBytesOf(seed))).toEqual(expected);
        compared += expected.length;
      }
    }
    expect(compared).toBeGreaterThan(100);
  });
});

describe('a span that does not begin in the bytes it was reported with', () => {
  test.each([
    ['before them', 1],
    ['behind them', 9],
  ])('is refused: %s', (_title, compressedOffset) => {
    const digests = new SpanStartDigests();
    digests.add(new Uint8Array(4), []);
    expect(() => {
      digests.add(new Uint8Array(4), [{ compressedOffset, bits: 0 }]);
    }).toThrow(`a span begins at byte ${compressedOffset}, outside of the bytes that it was reported with`);
  });
});

test('a layer is not finished with digests that were never received', () => {
  expect(() => new SpanStartRecorder().finish()).toThrow('have not been received');
});
