// Orders names by code units, so that the order is the same on every machine, whatever its locale.

/** For `sort`: negative if the first argument comes first. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
