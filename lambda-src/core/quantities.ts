// Formats numbers with their units, for people.

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `4.0 MiB`. An average of bytes may be a fraction. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${Math.round(bytes)} B` : `${value.toFixed(1)} ${units[unit]!}`;
}

/** `1,234,567`. Implemented here because the first `toLocaleString` of a program takes 15 ms. */
export function formatInteger(integer: number): string {
  return String(integer).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 span`, `2 spans`, `1,234 spans`. */
export function formatCount(count: number, noun: string): string {
  return `${formatInteger(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `45 %`, rounded down, so that only the whole amount is 100 %. */
export function formatShare(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${Math.floor((100 * part) / whole)} %`;
}

/** An estimated duration: `40 seconds`, `12 minutes`, `3.5 hours`. */
export function formatDuration(seconds: number): string {
  if (seconds < 90) return formatCount(Math.ceil(seconds), 'second');
  if (seconds < 90 * 60) return formatCount(Math.ceil(seconds / 60), 'minute');
  return `${(seconds / 3600).toFixed(1)} hours`;
}

export function formatSeconds(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}
