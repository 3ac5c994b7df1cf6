// Parses a time in the past, written as a date or as a duration before now.
import { InvalidArgumentError } from 'commander';

const minuteMilliseconds = 60 * 1000;
const unitMilliseconds: Readonly<Record<string, number>> = {
  m: minuteMilliseconds,
  h: 60 * minuteMilliseconds,
  d: 24 * 60 * minuteMilliseconds,
  w: 7 * 24 * 60 * minuteMilliseconds,
};

/**
 * @param word `90m`, `12h`, `30d`, `2w`, or a date such as `2026-01-31` or `2026-01-31T12:00:00Z`. Without a zone it is
 *   UTC.
 * @returns Milliseconds since 1970.
 * @throws InvalidArgumentError for anything else, and for a time in the future.
 */
export function parseSince(word: string, nowMilliseconds: number): number {
  const [, count, unit] = /^([0-9]{1,6})([mhdw])$/.exec(word) ?? [];
  if (count !== undefined && unit !== undefined)
    return nowMilliseconds - Number(count) * unitMilliseconds[unit]!;
  const [, day, time, zone] =
    /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(?::\d{2})?)?(Z|[+-]\d{2}:\d{2})?$/.exec(word) ?? [];
  // ECMAScript reads a date without a zone as UTC, but a date with a time as local.
  const since = Date.parse(`${day ?? ''}${time ?? 'T00:00'}${zone ?? 'Z'}`);
  if (Number.isNaN(since) || !isDay(day ?? '')) {
    throw new InvalidArgumentError(
      'Expected a date such as 2026-01-31, or a duration such as 12h, 30d or 2w.',
    );
  }
  if (since > nowMilliseconds) throw new InvalidArgumentError('Expected a time in the past.');
  return since;
}

/** ECMAScript turns 31 February into a day in March. */
function isDay(day: string): boolean {
  return new Date(`${day}T00:00Z`).toISOString().startsWith(day);
}
