import { describe, expect, test } from '@jest/globals';
import { ZstdFrames } from '../../lambda-src/core/zstd-frames.ts';
import { concat } from '../helpers/gzip.ts';
import { repeatedByteFrame, skippableFrame, zstdFrame } from '../helpers/zstd.ts';

const content = Buffer.from('twenty bytes of text');
const mebibyte = 1024 * 1024;

/** The largest window, in pieces of any size. */
function largestOf(...parts: readonly Uint8Array[]): number {
  const stream = concat(...parts);
  const found = [stream.length, 1, 3, 7].map((pieceBytes) => {
    const frames = new ZstdFrames();
    for (let start = 0; start < stream.length; start += pieceBytes) {
      frames.push(stream.subarray(start, start + pieceBytes));
    }
    return frames.largestWindowBytes;
  });
  expect(new Set(found).size).toBe(1);
  return found[0]!;
}

/** A frame whose window is found only if the parts before it were skipped exactly. */
const last = zstdFrame(content, { window: [21, 3] });
const lastWindow = 2 ** 31 + (3 * 2 ** 31) / 8;

describe('the window of a frame', () => {
  test.each([
    [[0, 0], 1024],
    [[0, 7], 1920],
    [[10, 0], mebibyte],
    [[17, 0], 128 * mebibyte],
    [[17, 1], 144 * mebibyte],
    [[31, 7], 1.875 * 2 ** 41],
  ] as const)('with the exponent and eighths %j has %d bytes', (window, bytes) => {
    expect(largestOf(zstdFrame(content, { window }))).toBe(bytes);
  });

  test.each([
    [1, 20, 20],
    [2, 256, 256],
    [2, 65_791, 65_791],
    [4, 2 ** 32 - 1, 2 ** 32 - 1],
    [8, 2 ** 33, 2 ** 33],
  ] as const)('with a single segment is its content, of a size in %d bytes: %d', (sizeBytes, size, bytes) => {
    expect(largestOf(zstdFrame(content, { isSingleSegment: true, sizeBytes, size }))).toBe(bytes);
  });

  test('is known as soon as its header has arrived', () => {
    const frames = new ZstdFrames();
    const frame = zstdFrame(content, { window: [20, 0] });
    frames.push(frame.subarray(0, 5));
    expect(frames.largestWindowBytes).toBe(0);
    frames.push(frame.subarray(5, 6));
    expect(frames.largestWindowBytes).toBe(2 ** 30);
  });
});

describe('a frame after others', () => {
  test.each<readonly [string, Uint8Array]>([
    ['a small one', zstdFrame(content)],
    ['one of many blocks', zstdFrame(content, { blockBytes: 3 })],
    ['one without content', zstdFrame(new Uint8Array(0))],
    ['one with a checksum', zstdFrame(content, { hasChecksum: true })],
    ['one with a dictionary of one byte', zstdFrame(content, { dictionaryIdBytes: 1 })],
    ['one with a dictionary of two bytes', zstdFrame(content, { dictionaryIdBytes: 2 })],
    ['one with a dictionary of four bytes', zstdFrame(content, { dictionaryIdBytes: 4 })],
    ['one with a size of two bytes', zstdFrame(content, { sizeBytes: 2, size: 300 })],
    ['one with a size of four bytes', zstdFrame(content, { sizeBytes: 4 })],
    ['one with a size of eight bytes', zstdFrame(content, { sizeBytes: 8 })],
    ['one with a single segment', zstdFrame(content, { isSingleSegment: true, sizeBytes: 1 })],
    ['one that repeats a byte', repeatedByteFrame(100_000)],
    ['one that is skipped', skippableFrame(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0xff]))],
    ['an empty one that is skipped', skippableFrame(new Uint8Array(0))],
  ])('is found: %s', (_, first) => {
    expect(largestOf(first, last)).toBe(lastWindow);
    expect(largestOf(first, first, last, first)).toBe(lastWindow);
  });

  test('is not looked for after something that is not a frame', () => {
    expect(largestOf(Buffer.from('a tar'), last)).toBe(0);
    expect(largestOf(zstdFrame(content), Buffer.from('trailing'), last)).toBe(mebibyte);
  });
});
