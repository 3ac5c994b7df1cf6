// The checkpoints of a gzip layer, byte for byte: https://github.com/awslabs/soci-snapshotter/blob/v0.14.0/ztoc/compression/gzip_zinfo.c
import { Builder } from 'flatbuffers';
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import {
  checkpointBytes,
  decodeGzipSpanIndex,
  decodeTarSpanIndex,
  spanIndexBytes,
} from '../../../lambda-src/core/ztoc/checkpoints.ts';

const windowBytes = 32_768;

interface Fields {
  readonly compressedOffset: number;
  readonly uncompressedOffset: number;
  readonly bits: number;
}

/** @param count The stored number of checkpoints; the actual number by default. */
function encode(
  checkpoints: readonly Fields[],
  count = checkpoints.length,
  spanSizeBytes = 4096,
): Uint8Array {
  const blob = Buffer.alloc(12 + checkpoints.length * (8 + 8 + 1 + windowBytes));
  blob.writeInt32LE(count, 0);
  blob.writeBigInt64LE(BigInt(spanSizeBytes), 4);
  checkpoints.forEach(({ compressedOffset, uncompressedOffset, bits }, index) => {
    const start = 12 + index * (8 + 8 + 1 + windowBytes);
    blob.writeBigInt64LE(BigInt(compressedOffset), start);
    blob.writeBigInt64LE(BigInt(uncompressedOffset), start + 8);
    blob.writeUInt8(bits, start + 16);
    blob.fill(index + 1, start + 17, start + 17 + windowBytes);
  });
  return blob;
}

const first: Fields = { compressedOffset: 10, uncompressedOffset: 0, bits: 0 };
const second: Fields = { compressedOffset: 500, uncompressedOffset: 5000, bits: 7 };

function decodeCheckpoints(blob: Uint8Array) {
  const spans = decodeGzipSpanIndex(blob);
  if (spans.compression !== 'gzip') throw new Error(spans.compression);
  return spans;
}

describe('checkpoints of a gzip layer', () => {
  test('are read from the correct offsets', () => {
    const { checkpoints, spanSizeBytes } = decodeCheckpoints(encode([first, second]));
    expect(spanSizeBytes).toBe(4096);
    expect(checkpoints).toMatchObject([first, second]);
    expect(checkpoints.map(({ window }) => [window.length, window[0], window.at(-1)])).toEqual([
      [windowBytes, 1, 1],
      [windowBytes, 2, 2],
    ]);
  });

  test('have the size that a zTOC reserves for them', () => {
    const blob = encode([first, second]);
    const spans = decodeGzipSpanIndex(blob);
    expect(spanIndexBytes(spans)).toBe(blob.length);
    expect(checkpointBytes).toBe(32_785);
  });

  // soci-snapshotter up to 0.6 did not store the first checkpoint.
  test('start after a plain gzip header if the first one is not stored', () => {
    const { checkpoints } = decodeCheckpoints(encode([second], 2));
    expect(checkpoints).toMatchObject([first, second]);
    expect(checkpoints[0]!.window).toEqual(new Uint8Array(windowBytes));
  });

  // A span reader starts with this many bits of the previous byte: with 8 it would read that byte twice.
  test.each([8, 9, 255])(
    'with %i pending bits are rejected, because at most 7 bits of a byte can be left',
    (bits) => {
      const blob = encode([first, { ...second, bits }]);
      expect(() => decodeGzipSpanIndex(blob)).toThrow(`checkpoint 1 has ${bits} bits`);
    },
  );

  test.each([1, 7])('with %i pending bits are accepted', (bits) => {
    expect(decodeCheckpoints(encode([first, { ...second, bits }])).checkpoints[1]!.bits).toBe(bits);
  });

  test('with pending bits at byte 0 are rejected, because no byte precedes it', () => {
    expect(() => decodeGzipSpanIndex(encode([{ ...first, compressedOffset: 0, bits: 1 }]))).toThrow(
      FormatError,
    );
    expect(decodeCheckpoints(encode([{ ...first, compressedOffset: 0 }])).checkpoints).toHaveLength(1);
  });

  test.each<readonly [string, Fields]>([
    ['compressed', { ...second, compressedOffset: 499, uncompressedOffset: 5001 }],
    ['uncompressed', { ...second, compressedOffset: 501, uncompressedOffset: 4999 }],
  ])('with decreasing %s offsets are rejected', (_, third) => {
    expect(() => decodeGzipSpanIndex(encode([first, second, third]))).toThrow(
      'checkpoint 2 is before the previous one',
    );
  });

  // Caused by an empty gzip member, or by a block without output.
  test('at the same offset as the previous one are accepted', () => {
    expect(decodeCheckpoints(encode([first, second, second])).checkpoints).toHaveLength(3);
  });

  test.each<readonly [string, Uint8Array]>([
    ['no checkpoints', encode([], 0)],
    ['a negative count', encode([first], -1)],
    ['two checkpoints fewer than the count', encode([second], 3)],
    ['one checkpoint more than the count', encode([first, second], 1)],
    ['a truncated header', encode([]).subarray(0, 11)],
    ['a truncated last checkpoint', encode([first, second]).subarray(0, -1)],
    ['a negative offset', encode([{ ...first, compressedOffset: -1 }])],
    ['an offset of more than 2^53', encode([{ ...first, uncompressedOffset: 2 ** 53 }])],
    ['a negative span size', encode([first], 1, -1)],
  ])('with %s are rejected', (_, blob) => {
    expect(() => decodeGzipSpanIndex(blob)).toThrow(FormatError);
  });
});

describe('spans of a plain tar', () => {
  function encodeTar(spanSizeBytes: number, layerBytes: number): Uint8Array {
    const builder = new Builder(64);
    builder.startObject(3);
    builder.addFieldInt32(0, 2, 0);
    builder.addFieldInt64(1, BigInt(spanSizeBytes), 0n);
    builder.addFieldInt64(2, BigInt(layerBytes), 0n);
    builder.finish(builder.endObject());
    return builder.asUint8Array();
  }

  test('are read', () => {
    expect(decodeTarSpanIndex(encodeTar(1, 5000))).toEqual({
      compression: 'uncompressed',
      spanSizeBytes: 1,
      layerBytes: 5000,
    });
  });

  // The number of spans would be infinite.
  test('of size 0 are rejected', () => {
    expect(() => decodeTarSpanIndex(encodeTar(0, 5000))).toThrow(
      'the span size of an uncompressed layer is 0',
    );
  });
});
