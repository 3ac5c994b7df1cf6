// Formats a time for a zTOC. AssemblyScript.
import { TIME_TEXT } from '../memory-layout';

// The first second of year 0 and the last of year 9999: RFC 3339 has four digits for the year.
@inline const EARLIEST_SECOND: i64 = -62_167_219_200;
@inline const LATEST_SECOND: i64 = 253_402_300_799;

@inline const SECONDS_PER_DAY: i64 = 86_400;
@inline const DAYS_PER_ERA: u32 = 146_097;
/** From 0000-03-01, the start of an era of 400 years, to 1970-01-01. */
@inline const DAYS_BEFORE_1970: u32 = 719_468;

@inline const MINUS: u32 = 0x2d;
@inline const POINT: u32 = 0x2e;
@inline const DIGIT_ZERO: u32 = 0x30;
@inline const COLON: u32 = 0x3a;
@inline const LETTER_T: u32 = 0x54;
@inline const LETTER_Z: u32 = 0x5a;

/**
 * Writes RFC 3339 in UTC to TIME_TEXT, to the nanosecond, without trailing zeros: `2023-11-14T22:13:21.25Z`.
 *
 * @returns Its length; 0 if the year is not between 0 and 9999, which RFC 3339 cannot represent.
 */
export function formatTime(seconds: i64, nanoseconds: u32): u32 {
  if (seconds < EARLIEST_SECOND || seconds > LATEST_SECOND) return 0;
  let days = seconds / SECONDS_PER_DAY;
  let rest = <i32>(seconds % SECONDS_PER_DAY);
  if (rest < 0) {
    rest += <i32>SECONDS_PER_DAY;
    days--;
  }
  // Years begin in March, so that a leap day is the last day of its year. https://howardhinnant.github.io/date_algorithms.html
  const shifted = <u32>(days + DAYS_BEFORE_1970 + DAYS_PER_ERA);
  const era = shifted / DAYS_PER_ERA;
  const dayOfEra = shifted % DAYS_PER_ERA;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const shiftedMonth = (5 * dayOfYear + 2) / 153;
  const day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 - 400 + (month <= 2 ? 1 : 0);
  putTwoDigits(0, year / 100);
  putTwoDigits(2, year % 100);
  put(4, MINUS);
  putTwoDigits(5, month);
  put(7, MINUS);
  putTwoDigits(8, day);
  put(10, LETTER_T);
  putTwoDigits(11, rest / 3600);
  put(13, COLON);
  putTwoDigits(14, (rest / 60) % 60);
  put(16, COLON);
  putTwoDigits(17, rest % 60);
  let length: u32 = 19;
  if (nanoseconds > 0) {
    put(length++, POINT);
    let left = nanoseconds;
    for (let scale: u32 = 100_000_000; left > 0; scale /= 10) {
      put(length++, DIGIT_ZERO + left / scale);
      left %= scale;
    }
  }
  put(length++, LETTER_Z);
  return length;
}

@inline
function put(at: u32, character: u32): void {
  store<u8>(TIME_TEXT + at, <u8>character);
}

@inline
function putTwoDigits(at: u32, number: u32): void {
  put(at, DIGIT_ZERO + number / 10);
  put(at + 1, DIGIT_ZERO + (number % 10));
}
