// Compares CRC-32, computed with tables and by folding, with Node's result.
import { crc32 } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { giveBackInstance, takeInstance } from '../../lambda-src/core/wasm-module.ts';
import { createRandom } from '../helpers/random.ts';

// Inputs of fewer than 4 x 300 words of 16 bytes are not folded. Longer inputs are folded in blocks of 1,200 words.
const smallestFolded = 4 * 300 * 16;
const lengths = [
  ...[1, 2, 15, 16, 17, 31, 100, 4096],
  ...[-16, -1, 0, 1, 15, 16, 17, 31].map((more) => smallestFolded + more),
  ...[-16, -1, 0, 1, 16, 48, 64, 80].map((more) => (300 + 1200) * 16 + more),
  ...[0, 1, 1199 * 16, 1201 * 16].map((more) => (300 + 2 * 1200) * 16 + more),
  262_000,
];

test.each(lengths)('computes the CRC-32 of %i bytes, with and without preceding bytes', (length) => {
  const instance = takeInstance();
  const { exports, memory } = instance;
  const random = createRandom(length);
  const bytes = Uint8Array.from({ length }, () => random.below(256));
  for (const misalignment of [0, 1, 7]) {
    const address = exports.outputStart() + misalignment;
    memory.set(bytes, address);
    for (const before of [0, 1, 0xdeadbeef, 0xffffffff]) {
      expect(exports.updateCrc32(before, address, length) >>> 0).toBe(crc32(bytes, before));
    }
  }
  giveBackInstance(instance);
});

test('computes the CRC-32 of zero bytes and of 0xff bytes, in pieces', () => {
  const instance = takeInstance();
  const { exports, memory } = instance;
  const address = exports.outputStart();
  for (const byte of [0x00, 0xff]) {
    memory.fill(byte, address, address + 100_000);
    let crc = 0;
    for (let at = 0; at < 100_000; at += 25_000) crc = exports.updateCrc32(crc, address + at, 25_000);
    expect(crc >>> 0).toBe(crc32(new Uint8Array(100_000).fill(byte)));
  }
  giveBackInstance(instance);
});
