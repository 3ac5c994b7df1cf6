// Random values that are the same in every run, for tests with many inputs. A failure names its seed.

export interface Random {
  /** From 0 up to, but not including, `limit`. */
  below(limit: number): number;
  pick<Item>(items: readonly Item[]): Item;
}

/** xorshift32: https://www.jstatsoft.org/article/view/v008i14 */
export function createRandom(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1) || 1;
  const below = (limit: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  return { below, pick: (items) => items[below(items.length)]! };
}

/**
 * Bytes like those that compressors see: runs, repeats at all distances, and noise, in proportions that depend on the
 * seed.
 */
export function mixedBytes(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let end = 0;
  while (end < length) {
    const kind = random.below(4);
    const count = Math.min(length - end, 1 + random.below(kind === 0 ? 40 : 600));
    if (kind === 0) for (let index = 0; index < count; index++) bytes[end + index] = random.below(256);
    else if (kind === 1) bytes.fill(random.below(256), end, end + count);
    else if (kind === 2)
      for (let index = 0; index < count; index++) bytes[end + index] = 97 + random.below(16);
    else {
      const distance = 1 + random.below(Math.max(1, Math.min(end, 40000)));
      for (let index = 0; index < count; index++) bytes[end + index] = bytes[end + index - distance] ?? 0;
    }
    end += count;
  }
  return bytes;
}
