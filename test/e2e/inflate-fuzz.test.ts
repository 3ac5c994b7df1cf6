// Decodes many mutated gzip streams with our decoder and with zlib (pako): both accept the same streams, with the same
// output and the same checkpoints. SOCI_FUZZ_INPUTS sets their number.
import { constants, gzipSync, type ZlibOptions } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { FormatError } from '../../lambda-src/core/errors.ts';
import { decodeGzip, placesOf } from '../helpers/decode.ts';
import { concat } from '../helpers/gzip.ts';
import { createRandom, mixedBytes, type Random } from '../helpers/random.ts';
import { inflateWithZlib } from '../helpers/zlib-blocks.ts';

const inputs = Number(process.env['SOCI_FUZZ_INPUTS'] ?? 100_000);
const inputsPerStream = 40;
/** Every n-th input is also decoded byte by byte. */
const bytewiseEvery = 7;

const compressors: readonly ZlibOptions[] = [
  ...[0, 1, 6, 9].map((level) => ({ level })),
  { strategy: constants.Z_HUFFMAN_ONLY },
  { strategy: constants.Z_FIXED },
  { strategy: constants.Z_RLE },
  { memLevel: 1 },
  { windowBits: 9, memLevel: 2 },
];

function makeStream(random: Random): Uint8Array {
  const member = () =>
    new Uint8Array(gzipSync(mixedBytes(random, random.below(3000)), random.pick(compressors)));
  return random.below(4) === 0 ? concat(member(), member()) : member();
}

function mutate(random: Random, original: Uint8Array): Uint8Array {
  const stream = original.slice();
  for (let count = random.below(4); count > 0; count--) {
    // Mutates the header and the codes of the first block more often than data, where nearly any change only shifts
    // symbols.
    const at = random.below(random.below(2) === 0 ? Math.min(stream.length, 90) : stream.length);
    if (random.below(3) === 0) stream[at] = random.below(256);
    else stream[at]! ^= 1 << random.below(8);
  }
  const kind = random.below(12);
  if (kind === 0) return stream.subarray(0, random.below(stream.length + 1));
  if (kind === 1) return concat(stream, Uint8Array.of(random.below(256)));
  if (kind === 2) {
    const at = random.below(stream.length);
    return concat(stream.subarray(0, at), stream.subarray(at + 1 + random.below(4)));
  }
  return stream;
}

test(`decodes ${inputs} mutated streams as zlib does`, () => {
  let taken = 0;
  let stream = new Uint8Array(0);
  for (let seed = 0; seed < inputs; seed++) {
    const random = createRandom(seed);
    if (seed % inputsPerStream === 0) stream = makeStream(random).slice();
    const input = mutate(random, stream);
    const spanSizeBytes = random.below(1500);
    const oracle = inflateWithZlib(input, spanSizeBytes);
    const pieceBytes = seed % bytewiseEvery === 0 ? 1 : 1 + random.below(input.length + 1);
    let decoded;
    try {
      decoded = decodeGzip(input, { spanSizeBytes, pieceBytes, longNames: true });
    } catch (error) {
      if (!(error instanceof FormatError)) throw new Error(`seed ${seed}`, { cause: error });
    }
    const isSame =
      (decoded === undefined) === (oracle === undefined) &&
      (decoded === undefined ||
        oracle === undefined ||
        (Buffer.from(decoded.output).equals(oracle.output) &&
          JSON.stringify(placesOf(decoded.checkpoints)) === JSON.stringify(placesOf(oracle.checkpoints)) &&
          decoded.checkpoints.every((one, index) =>
            Buffer.from(one.window).equals(oracle.checkpoints[index]!.window),
          )));
    if (!isSame)
      throw new Error(
        `seed ${seed}: zlib ${oracle === undefined ? 'rejects' : 'accepts'} it, and our result differs`,
      );
    if (oracle !== undefined) taken++;
  }
  // Both results occur often enough to be meaningful.
  expect(taken / inputs).toBeGreaterThan(0.1);
  expect(taken / inputs).toBeLessThan(0.9);
});
