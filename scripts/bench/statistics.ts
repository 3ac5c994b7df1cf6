// Reduces the figures of several rounds to their median, so that a single disturbed round has no influence.

/** @throws RangeError if there are no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError('Expected values, got none');
  return (lower + upper) / 2;
}
