// Formats times of a tar as text for people, and parses the text in zTOCs. Tars contain numbers; the AssemblyScript that writes
// zTOCs formats them itself.
import type { TarTime } from './entry.ts';

// The first second of year 0 and the last of year 9999: RFC 3339 has four digits for the year.
const earliestSeconds = -62_167_219_200n;
const latestSeconds = 253_402_300_799n;

const nanosecondDigits = 9;

/**
 * RFC 3339 in UTC, in nanoseconds, without trailing zeros: `2023-11-14T22:13:21.25Z`. Empty if the year is not between
 * 0 and 9999, which RFC 3339 cannot represent.
 */
export function formatRfc3339({ seconds, nanoseconds }: TarTime): string {
  if (seconds < earliestSeconds || seconds > latestSeconds) return '';
  const wholeSeconds = new Date(Number(seconds) * 1000).toISOString().slice(0, -'.000Z'.length);
  if (nanoseconds === 0) return `${wholeSeconds}Z`;
  const fraction = String(nanoseconds).padStart(nanosecondDigits, '0').replace(/0+$/, '');
  return `${wholeSeconds}.${fraction}Z`;
}

/** A time in RFC 3339, in any zone, as Go writes it. */
const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/**
 * Parses a time that another builder may have written in another zone.
 *
 * @returns 'malformed' if the text does not have this form; undefined if it does, but the time does not exist: the SOCI
 *   snapshotter treats it as missing.
 */
export function parseRfc3339(text: string): TarTime | undefined | 'malformed' {
  const match = pattern.exec(text);
  if (match === null) return 'malformed';
  const [, wholeSeconds, fraction = '', zone] = match;
  const milliseconds = Date.parse(`${wholeSeconds}${zone}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return {
    seconds: BigInt(milliseconds / 1000),
    nanoseconds: Number(fraction.padEnd(nanosecondDigits, '0')),
  };
}
