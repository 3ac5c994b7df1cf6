// Makes new inputs from those that the fuzzer has: damages them slightly, and recombines their pieces.
import type { Random } from '../helpers/random.ts';

export interface MutationSources {
  /** Inputs to take pieces from; at least one. */
  readonly corpus: readonly Uint8Array[];
  /** Tokens of the format, which random changes would hardly ever produce. */
  readonly dictionary: readonly Uint8Array[];
}

/** Longer inputs are truncated: they are slow, and a shorter one finds the same faults. */
export const maximumInputBytes = 65_536;

/** Limits of fields of 1, 2, 4 and 8 bytes. */
const interestingNumbers: readonly bigint[] = [
  ...[0n, 1n, 4n, 16n, 0x7fn, 0x80n, 0xffn, 0x100n, 0x7fffn, 0x8000n, 0xffffn],
  ...[0x7fffffffn, 0x80000000n, 0xffffffffn, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n],
];

const fieldBytes = [1, 2, 4, 8] as const;

/** Applies one to eight changes, one after the other. */
export function mutate(random: Random, input: Uint8Array, sources: MutationSources): Uint8Array {
  let mutated = input;
  for (let count = 1 << random.below(4); count > 0; count--) mutated = change(random, mutated, sources);
  return mutated.subarray(0, maximumInputBytes);
}

function change(random: Random, input: Uint8Array, { corpus, dictionary }: MutationSources): Uint8Array {
  const at = choosePlace(random, input.length);
  switch (random.below(dictionary.length === 0 ? 8 : 11)) {
    case 0:
      return overwrite(input, at, Uint8Array.of((input[at] ?? 0) ^ (1 << random.below(8))));
    case 1:
      return overwrite(input, at, Uint8Array.of(random.below(256)));
    case 2:
      return overwrite(input, at, encodeNumber(random));
    case 3:
      return replace(input, at, 1 + random.below(random.below(2) === 0 ? 4 : 600), new Uint8Array(0));
    case 4:
      return replace(input, at, 0, new Uint8Array(1 + random.below(16)).fill(random.below(256)));
    case 5:
      return replace(input, at, 0, takePiece(random, input));
    case 6:
      return overwrite(input, at, takePiece(random, random.pick(corpus)));
    case 7:
      return replace(input, at, input.length, takePiece(random, random.pick(corpus)));
    case 8:
      return overwrite(input, at, random.pick(dictionary));
    default:
      return replace(input, at, random.below(3), random.pick(dictionary));
  }
}

/** Prefers the beginning and the end, where formats keep their lengths and offsets. */
function choosePlace(random: Random, length: number): number {
  const near = Math.min(length, 200);
  switch (random.below(4)) {
    case 0:
      return random.below(near + 1);
    case 1:
      return length - random.below(near + 1);
    default:
      return random.below(length + 1);
  }
}

function encodeNumber(random: Random): Uint8Array {
  const field = Buffer.alloc(8);
  const number = random.pick(interestingNumbers);
  const bytes = random.pick(fieldBytes);
  if (random.below(2) === 0) {
    field.writeBigUInt64LE(number);
    return field.subarray(0, bytes);
  }
  field.writeBigUInt64BE(number);
  return field.subarray(8 - bytes);
}

function takePiece(random: Random, from: Uint8Array): Uint8Array {
  const start = random.below(from.length + 1);
  return from.subarray(start, start + 1 + random.below(random.below(2) === 0 ? 20 : 1100));
}

function overwrite(input: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  return replace(input, at, bytes.length, bytes);
}

function replace(input: Uint8Array, at: number, length: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([input.subarray(0, at), bytes, input.subarray(at + length)]);
}
