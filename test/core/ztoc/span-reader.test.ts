// Proves that a zTOC works: every file is read through it, from ranges of the layer, and has the original content.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { ContentMismatchError, FormatError } from '../../../lambda-src/core/errors.ts';
import {
  findSpan,
  type LayerRangeReader,
  locateSpan,
  readFileData,
  readUncompressedRange,
} from '../../../lambda-src/core/ztoc/span-reader.ts';
import { createZtocBuilder } from '../../../lambda-src/core/ztoc/ztoc-builder.ts';
import { decodeZtoc } from '../../../lambda-src/core/ztoc/ztoc-decoder.ts';
import { encodeZtoc } from '../../../lambda-src/core/ztoc/ztoc-encoder.ts';
import type { Ztoc } from '../../../lambda-src/core/ztoc/ztoc.ts';
import { createRandom, mixedBytes } from '../../helpers/random.ts';
import { TarWriter } from '../../helpers/tar-writer.ts';

const random = createRandom(7);
const files = Array.from({ length: 40 }, (_, index) => ({
  name: `app/file-${index}`,
  data: mixedBytes(random, index % 7 === 0 ? 0 : random.below(60_000)),
}));

function packTar(): Uint8Array {
  const writer = new TarWriter().entry({ name: 'app/', type: '5' });
  for (const { name, data } of files) writer.entry({ name }, data);
  return writer.end().bytes();
}

function buildZtoc(layer: Uint8Array, compression: 'gzip' | 'uncompressed', spanSizeBytes: number): Ztoc {
  const builder = createZtocBuilder({ compression, spanSizeBytes, buildToolIdentifier: 'test' });
  builder.push(layer);
  // Decodes the zTOC from its bytes, as a runtime does.
  return decodeZtoc(encodeZtoc(builder.finish()));
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

function rangesOf(layer: Uint8Array): {
  readonly read: LayerRangeReader;
  readonly ranges: (readonly [number, number])[];
} {
  const ranges: (readonly [number, number])[] = [];
  return {
    ranges,
    read: (start, end) => {
      ranges.push([start, end]);
      return Promise.resolve(layer.subarray(start, end));
    },
  };
}

const tar = packTar();
const gzipped = new Uint8Array(gzipSync(tar));
const half = Math.floor(tar.length / 2);

describe.each<readonly [string, Uint8Array, 'gzip' | 'uncompressed']>([
  ['gzip', gzipped, 'gzip'],
  ['gzip with many small blocks', new Uint8Array(gzipSync(tar, { memLevel: 1 })), 'gzip'],
  [
    'gzip with fixed codes',
    new Uint8Array(gzipSync(tar, { strategy: constants.Z_FIXED, memLevel: 2 })),
    'gzip',
  ],
  [
    'gzip with two members',
    new Uint8Array(Buffer.concat([gzipSync(tar.subarray(0, half)), gzipSync(tar.subarray(half))])),
    'gzip',
  ],
  ['stored blocks', new Uint8Array(gzipSync(tar, { level: 0 })), 'gzip'],
  ['a plain tar', tar, 'uncompressed'],
])('a layer of %s', (_, layer, compression) => {
  test.each([1000, 20_000, 4 * 1024 * 1024])(
    'returns every file at a span size of %i',
    async (spanSizeBytes) => {
      const ztoc = buildZtoc(layer, compression, spanSizeBytes);
      const { read } = rangesOf(layer);
      for (const [index, { name, data }] of files.entries()) {
        const entry = ztoc.contents.at(index + 1);
        expect(Buffer.from(entry.name).toString()).toBe(name);
        expect((await collect(readFileData(ztoc, entry, read))).equals(data)).toBe(true);
      }
      expect(await collect(readFileData(ztoc, ztoc.contents.at(0), read))).toHaveLength(0);
    },
  );

  test('returns any range of the tar, and fetches only the spans that contain it', async () => {
    const ztoc = buildZtoc(layer, compression, 30_000);
    for (let count = 0; count < 30; count++) {
      const offset = random.below(tar.length - 1);
      const length = 1 + random.below(Math.min(90_000, tar.length - offset));
      const { read, ranges } = rangesOf(layer);
      const bytes = await collect(readUncompressedRange(ztoc, offset, length, read));
      expect(bytes.equals(tar.subarray(offset, offset + length))).toBe(true);
      const first = findSpan(ztoc, offset);
      const last = findSpan(ztoc, offset + length - 1);
      expect(ranges).toEqual(
        Array.from({ length: last - first + 1 }, (_span, index) => {
          const { start, end } = locateSpan(ztoc, first + index);
          return [start, end];
        }),
      );
    }
  });
});

describe('spans', () => {
  const ztoc = buildZtoc(gzipped, 'gzip', 20_000);

  test('cover the layer from the end of its first header to its end, and share a byte that contains a checkpoint', () => {
    if (ztoc.spans.compression !== 'gzip') throw new Error('not gzip');
    const { checkpoints } = ztoc.spans;
    expect(checkpoints.some(({ bits }) => bits > 0)).toBe(true);
    expect(locateSpan(ztoc, 0).start).toBe(10);
    for (let index = 1; index < checkpoints.length; index++) {
      const shared = checkpoints[index]!.bits > 0 ? 1 : 0;
      expect(locateSpan(ztoc, index).start).toBe(locateSpan(ztoc, index - 1).end - shared);
    }
    expect(locateSpan(ztoc, checkpoints.length - 1).end).toBe(gzipped.length);
  });

  test('an offset at a checkpoint belongs to the span that starts there', () => {
    if (ztoc.spans.compression !== 'gzip') throw new Error('not gzip');
    const { uncompressedOffset } = ztoc.spans.checkpoints[2]!;
    expect(findSpan(ztoc, uncompressedOffset)).toBe(2);
    expect(findSpan(ztoc, uncompressedOffset - 1)).toBe(1);
    expect(findSpan(ztoc, 0)).toBe(0);
  });

  test('of a changed layer are rejected before any of their bytes are used', async () => {
    const changed = gzipped.map((byte, index) => (index === gzipped.length - 20 ? byte ^ 1 : byte));
    const { read } = rangesOf(changed);
    const last = ztoc.contents.at(ztoc.contents.length - 1);
    await expect(collect(readFileData(ztoc, last, read))).rejects.toThrow(ContentMismatchError);
    await expect(collect(readFileData(ztoc, last, read))).rejects.toThrow(
      /span \d+ \(bytes \d+ to \d+ of the layer\)/,
    );
  });

  test('a file that extends past the end of its layer is an error', async () => {
    const { read } = rangesOf(gzipped);
    await expect(collect(readUncompressedRange(ztoc, tar.length - 10, 11, read))).rejects.toThrow(
      FormatError,
    );
  });

  test('a checkpoint with a wrong window gives wrong bytes or an error, although its span digest is correct', async () => {
    if (ztoc.spans.compression !== 'gzip') throw new Error('not gzip');
    const checkpoints = ztoc.spans.checkpoints.map((one) => ({
      ...one,
      window: one.window.map((byte) => byte ^ 255),
    }));
    const wrong: Ztoc = { ...ztoc, spans: { ...ztoc.spans, checkpoints } };
    const { read } = rangesOf(gzipped);
    const { uncompressedOffset } = checkpoints[3]!;
    const bytes = await collect(readUncompressedRange(wrong, uncompressedOffset, 5000, read));
    expect(bytes.equals(tar.subarray(uncompressedOffset, uncompressedOffset + 5000))).toBe(false);
  });
});

test('returns the files of a layer that the reference indexed', async () => {
  const layer = readFileSync(join(__dirname, '..', '..', 'fixtures', 'layers', 'odd-members.layer'));
  const plain = readFileSync(join(__dirname, '..', '..', 'fixtures', 'layers', 'odd-tar.layer'));
  const ztoc = buildZtoc(layer, 'gzip', 4096);
  const { read } = rangesOf(layer);
  for (const entry of ztoc.contents) {
    const expected = plain.subarray(
      entry.uncompressedOffset,
      entry.uncompressedOffset + Number(entry.uncompressedSize),
    );
    expect(
      (await collect(readFileData(ztoc, entry, read))).equals(
        entry.type === 'reg' ? expected : Buffer.alloc(0),
      ),
    ).toBe(true);
  }
});
