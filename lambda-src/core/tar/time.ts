// Times of a tar: seconds since 1970 in headers, decimal fractions of them in PAX records, RFC 3339 text in a zTOC.
import { parseDecimal } from './number.ts';

export interface TarTime {
  /** Since 1970-01-01T00:00:00Z, rounded down. 64 bits, signed. */
  readonly seconds: bigint;
  /** To be added to the seconds: 0 to 999,999,999. */
  readonly nanoseconds: number;
}

const nanosecondDigits = 9;
const nanosecondsPerSecond = 1_000_000_000;

// The first second of year 0 and the last of year 9999: RFC 3339 has four digits for the year.
const earliestSeconds = -62_167_219_200n;
const latestSeconds = 253_402_300_799n;

/** 00 to 99. */
const twoDigits = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'));

const minus = 0x2d;
const point = 0x2e;
const digitZero = 0x30;

/**
 * Parses a PAX time, `-1.5`: seconds, then a point and any number of digits of which nine count. A minus sign holds for
 * the fraction too. Undefined if the text is no time.
 */
export function parsePaxTime(text: Uint8Array): TarTime | undefined {
  const pointAt = text.indexOf(point);
  const seconds = parseDecimal(pointAt < 0 ? text : text.subarray(0, pointAt));
  if (seconds === undefined) {
    return undefined;
  }
  let nanoseconds = 0;
  if (pointAt >= 0) {
    const firstDigit = pointAt + 1;
    for (let at = firstDigit; at < text.length; at++) {
      const digit = text[at]! - digitZero;
      if (digit < 0 || digit > 9) {
        return undefined;
      }
      if (at < firstDigit + nanosecondDigits) {
        nanoseconds = nanoseconds * 10 + digit;
      }
    }
    for (let digits = text.length - firstDigit; digits < nanosecondDigits; digits++) {
      nanoseconds *= 10;
    }
  }
  if (text[0] === minus && nanoseconds > 0) {
    return { seconds: seconds - 1n, nanoseconds: nanosecondsPerSecond - nanoseconds };
  }
  return { seconds, nanoseconds };
}

/**
 * RFC 3339 in UTC, to the nanosecond, without trailing zeros: `2023-11-14T22:13:21.25Z`. Empty where the year is not
 * within 0 to 9999, since RFC 3339 cannot say it.
 */
export function formatRfc3339({ seconds, nanoseconds }: TarTime): string {
  if (seconds < earliestSeconds || seconds > latestSeconds) {
    return '';
  }
  const date = new Date(Number(seconds) * 1000);
  const year = date.getUTCFullYear();
  // Half the cost of Date's own toISOString.
  const wholeSeconds =
    `${twoDigits[Math.floor(year / 100)]!}${twoDigits[year % 100]!}-` +
    `${twoDigits[date.getUTCMonth() + 1]!}-${twoDigits[date.getUTCDate()]!}T` +
    `${twoDigits[date.getUTCHours()]!}:${twoDigits[date.getUTCMinutes()]!}:${twoDigits[date.getUTCSeconds()]!}`;
  if (nanoseconds === 0) {
    return `${wholeSeconds}Z`;
  }
  const fraction = String(nanoseconds).padStart(nanosecondDigits, '0').replace(/0+$/, '');
  return `${wholeSeconds}.${fraction}Z`;
}
