import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import { digestOf } from '../../../lambda-src/core/oci/descriptor.ts';
import { createZtocBuilder, type ZtocOptions } from '../../../lambda-src/core/ztoc/ztoc-builder.ts';
import { encodeZtoc } from '../../../lambda-src/core/ztoc/ztoc-encoder.ts';
import type { Ztoc } from '../../../lambda-src/core/ztoc/ztoc.ts';
import { BitWriter } from '../../helpers/bits.ts';
import { concat, gzipMember } from '../../helpers/gzip.ts';
import { createRandom, mixedBytes } from '../../helpers/random.ts';
import { TarWriter } from '../../helpers/tar-writer.ts';

const options: ZtocOptions = { compression: 'gzip', spanSizeBytes: 4096, buildToolIdentifier: 'test' };
const gzip = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));

function build(layer: Uint8Array, changes: Partial<ZtocOptions> = {}, pieceBytes = layer.length || 1): Ztoc {
  const builder = createZtocBuilder({ ...options, ...changes });
  try {
    for (let start = 0; start < layer.length; start += pieceBytes) {
      builder.push(layer.subarray(start, start + pieceBytes));
    }
    return builder.finish();
  } finally {
    builder.discard();
  }
}

const tar = new TarWriter().entry({ name: 'a' }, mixedBytes(createRandom(2), 200_000)).end();

describe('spans of gzip', () => {
  test('are digests of the compressed bytes from checkpoint to checkpoint', () => {
    const data = tar.bytes();
    // Two blocks of fixed codes, so that the first ends within a byte. A stored block would be aligned.
    const low = (from: number, to: number) => data.subarray(from, to).map((byte) => byte % 144);
    const archive = new TarWriter()
      .entry({ name: 'b' }, low(1024, 9000))
      .end()
      .bytes()
      .map((byte) => byte % 144);
    // Both headers are ASCII, so all their bytes are below 144 and do not change.
    const deflated = new BitWriter()
      .fixedBlock(archive.subarray(0, 5001), false)
      .fixedBlock(archive.subarray(5001), true)
      .toBytes();
    const layer = gzipMember(deflated, archive);
    const ztoc = build(layer);
    const end = Math.ceil((3 + 5001 * 8 + 7) / 8) + 10;
    expect(ztoc.spanDigests).toEqual([digestOf(layer.subarray(10, end)), digestOf(layer.subarray(end - 1))]);
  });

  test('the last span extends to the end of the layer, including trailers and further members', () => {
    const layer = concat(gzip(tar.bytes()), gzip(new Uint8Array(0)));
    const ztoc = build(layer, { spanSizeBytes: 4 * 1024 * 1024 });
    expect(ztoc.spanDigests).toEqual([digestOf(layer.subarray(10))]);
  });
});

describe('spans of a plain tar', () => {
  test.each([
    [4096, 1024 * 4, 2],
    [4097, 1024 * 4, 2],
    [1, 1536, 1536],
    [1 << 20, 5120, 1],
  ])('have size %i in a tar with %i bytes of data', (spanSizeBytes, bytes) => {
    const layer = new TarWriter()
      .entry({ name: 'a' }, mixedBytes(createRandom(3), bytes))
      .end()
      .bytes();
    const expected = [];
    for (let start = 0; start < layer.length; start += spanSizeBytes) {
      expected.push(digestOf(layer.subarray(start, start + spanSizeBytes)));
    }
    for (const pieceBytes of [1000, layer.length]) {
      const ztoc = build(layer, { compression: 'uncompressed', spanSizeBytes }, pieceBytes);
      expect(ztoc.spanDigests).toEqual(expected);
    }
  });

  test('do not include an empty one if the layer size is a multiple of the span size', () => {
    const layer = new TarWriter().entry({ name: 'a' }, 'x').end().bytes();
    expect(layer.length).toBe(2048);
    expect(build(layer, { compression: 'uncompressed', spanSizeBytes: 1024 }).spanDigests).toHaveLength(2);
  });

  test('are not present in an empty layer, which still has a zTOC', () => {
    const ztoc = build(new Uint8Array(0), { compression: 'uncompressed' });
    expect(ztoc).toMatchObject({ spanDigests: [], compressedSize: 0, uncompressedSize: 0 });
    expect(encodeZtoc(ztoc).length).toBeGreaterThan(0);
  });
});

describe('sizes', () => {
  test('the uncompressed size ends at the end marker, not at the padding after it', () => {
    const layer = new TarWriter().entry({ name: 'a' }, 'x').end();
    const padded = concat(layer.bytes(), new Uint8Array(8192));
    expect(build(gzip(padded)).uncompressedSize).toBe(layer.length);
    const plain = build(padded, { compression: 'uncompressed' });
    expect([plain.uncompressedSize, plain.compressedSize]).toEqual([layer.length, padded.length]);
  });
});

describe('errors', () => {
  const brokenTar = concat(new TarWriter().entry({ name: 'a' }, 'x').bytes(), new Uint8Array(2048).fill(65));

  test('in the tar are reported when the layer has been read', () => {
    const builder = createZtocBuilder(options);
    builder.push(gzip(brokenTar));
    expect(() => builder.finish()).toThrow(/^tar: .*at byte 1024/);
  });

  test('in the gzip stream take precedence over errors in the tar', () => {
    const layer = gzip(brokenTar);
    layer[layer.length - 5]! ^= 1;
    expect(() => build(layer)).toThrow(/^gzip: the data does not match the CRC-32/);
    expect(() => build(gzip(brokenTar).subarray(0, -3))).toThrow(/^gzip: the stream is truncated/);
  });

  test('are reported for a tar with truncated data, both gzip and plain', () => {
    const cut = new TarWriter().entry({ name: 'a' }, new Uint8Array(5000)).bytes().subarray(0, 4000);
    expect(() => build(gzip(cut))).toThrow(FormatError);
    expect(() => build(cut, { compression: 'uncompressed' })).toThrow(/tar: .*"a".*3488 of its 5000 bytes/);
  });

  test.each<readonly [Partial<ZtocOptions>]>([
    [{ spanSizeBytes: -1 }],
    [{ spanSizeBytes: 1.5 }],
    [{ spanSizeBytes: NaN }],
    [{ spanSizeBytes: 2 ** 53 }],
    [{ spanSizeBytes: 0, compression: 'uncompressed' }],
  ])('in the span size are reported before the layer is read: %j', (changes) => {
    expect(() => createZtocBuilder({ ...options, ...changes })).toThrow(RangeError);
  });

  test('include a name of 600 bytes in a gzip header, but not after the end of the tar', () => {
    const named = (data: Uint8Array) =>
      gzipMember(gzip(data).subarray(10, -8), data, {
        flags: 8,
        rest: concat(new Uint8Array(600).fill(110), new Uint8Array(1)),
      });
    const archive = tar.bytes();
    expect(build(concat(gzip(archive), named(new Uint8Array(10)))).contents).toHaveLength(1);
    expect(() => build(concat(gzip(archive.subarray(0, 1000)), named(archive.subarray(1000))))).toThrow(
      /file name or comment/,
    );
  });
});

test('a discarded builder leaves nothing behind for the next one', () => {
  const layer = gzip(tar.bytes());
  const expected = digestOf(encodeZtoc(build(layer)));
  for (let count = 0; count < 20; count++) {
    const builder = createZtocBuilder(options);
    builder.push(layer.subarray(0, 1 + count * 100));
    builder.discard();
    builder.discard();
    expect(digestOf(encodeZtoc(build(layer)))).toBe(expected);
  }
});

test('two layers can be read at the same time', () => {
  const layers = [
    gzip(tar.bytes()),
    gzip(
      new TarWriter()
        .entry({ name: 'b' }, mixedBytes(createRandom(8), 90_000))
        .end()
        .bytes(),
    ),
  ];
  const expected = layers.map((layer) => digestOf(encodeZtoc(build(layer))));
  const builders = layers.map(() => createZtocBuilder(options));
  for (let start = 0; start < 200_000; start += 500) {
    builders.forEach((builder, index) => {
      const piece = layers[index]!.subarray(start, start + 500);
      if (piece.length > 0) builder.push(piece);
    });
  }
  expect(builders.map((builder) => digestOf(encodeZtoc(builder.finish())))).toEqual(expected);
});
