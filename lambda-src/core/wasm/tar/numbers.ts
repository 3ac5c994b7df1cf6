// Numbers in a tar: octal or base-256 in header fields, decimal text and times in PAX records. All of them are signed
// 64-bit values. A function returns whether the number is valid, and leaves it in `parsed`. AssemblyScript.

@inline const NUL: u32 = 0x00;
@inline const SPACE: u32 = 0x20;
@inline const PLUS: u32 = 0x2b;
@inline const MINUS: u32 = 0x2d;
@inline const POINT: u32 = 0x2e;
@inline const DIGIT_ZERO: u32 = 0x30;

/** Eight octal digits equal DIGITS under this mask. */
@inline const DIGIT_MASK: u64 = 0xf8f8f8f8f8f8f8f8;
@inline const DIGITS: u64 = 0x3030303030303030;

@inline const NANOSECOND_DIGITS: u32 = 9;
@inline const NANOSECONDS_PER_SECOND: u32 = 1_000_000_000;

/** The number that was parsed last, or the seconds of a time, rounded down. */
export let parsed: i64 = 0;
/** Nanoseconds of the time that was parsed last, added to its seconds. */
export let parsedNanoseconds: u32 = 0;

/**
 * Decodes a number in a header field. If the highest bit of the first byte is set, the field is a big-endian two's
 * complement number (GNU, STAR); otherwise it is octal text.
 */
export function decodeNumericField(start: usize, length: usize): bool {
  return load<u8>(start) >= 0x80 ? decodeBase256(start, length) : decodeOctal(start, length);
}

/**
 * Decodes octal text like Go's archive/tar: surrounding spaces and NULs are ignored, an empty field is zero, and a NUL
 * after the digits hides what follows. A field has at most 12 bytes, so the value stays below 2^36.
 */
export function decodeOctal(start: usize, length: usize): bool {
  // Nearly every field consists of digits except for its last byte: eight of them are read at once.
  if (length === 8) {
    const word = load<u64>(start);
    if (((word << 8) & DIGIT_MASK) === (DIGITS & ~<u64>0xff) && isBlank(<u32>(word >> 56))) {
      parsed = joinDigits(word << 8);
      return true;
    }
  } else if (length === 12) {
    const word = load<u64>(start);
    const rest = load<u32>(start, 8);
    if ((word & DIGIT_MASK) === DIGITS && (rest & 0xf8f8f8) === 0x303030 && isBlank(rest >> 24)) {
      const last = ((rest & 7) << 6) | (((rest >> 8) & 7) << 3) | ((rest >> 16) & 7);
      parsed = (joinDigits(word) << 9) | last;
      return true;
    }
  }
  return decodeOddOctal(start, length);
}

/**
 * The value of eight octal digits, the highest in the lowest byte: combined into pairs, fours, and one number.
 */
@inline
function joinDigits(word: u64): u64 {
  const digits = word & 0x0707070707070707;
  const pairs = ((digits * ((8 << 8) + 1)) >> 8) & 0x003f003f003f003f;
  const fours = ((pairs * ((64 << 16) + 1)) >> 16) & 0x00000fff00000fff;
  return ((fours * (((<u64>4096) << 32) + 1)) >> 32) & 0xffffff;
}

function decodeOddOctal(start: usize, length: usize): bool {
  const end = start + length;
  let at = start;
  parsed = 0;
  while (at < end && isBlank(load<u8>(at))) at++;
  if (at === end) return true;
  const firstDigit = at;
  let value: u64 = 0;
  while (at < end && (load<u8>(at) & 0xf8) === DIGIT_ZERO) value = (value << 3) | <u64>(load<u8>(at++) & 7);
  if (at === firstDigit) return false;
  if (at < end && load<u8>(at) !== NUL) {
    while (at < end && isBlank(load<u8>(at))) at++;
    if (at < end) return false;
  }
  parsed = value;
  return true;
}

@inline
function isBlank(byte: u32): bool {
  return byte === SPACE || byte === NUL;
}

function decodeBase256(start: usize, length: usize): bool {
  const isNegative = (load<u8>(start) & 0x40) !== 0;
  const inversion: u32 = isNegative ? 0xff : 0x00;
  // The first byte's highest bit marks the encoding and is not part of the value.
  let magnitude: u64 = (load<u8>(start) ^ inversion) & 0x7f;
  for (let at = start + 1; at < start + length; at++) {
    if (magnitude >> 55) return false;
    magnitude = (magnitude << 8) | (load<u8>(at) ^ inversion);
  }
  parsed = isNegative ? ~magnitude : magnitude;
  return true;
}

/** Parses decimal text: an optional sign and at least one digit, within 64 bits. */
export function parseDecimal(start: usize, end: usize): bool {
  if (start === end) return false;
  const sign: u32 = load<u8>(start);
  const isNegative = sign === MINUS;
  let at = isNegative || sign === PLUS ? start + 1 : start;
  if (at === end) return false;
  while (at < end && load<u8>(at) === DIGIT_ZERO) at++;
  // 19 digits are enough for every 64-bit number, and always fit without a sign.
  if (end - at > 19) return false;
  let magnitude: u64 = 0;
  for (; at < end; at++) {
    const digit: u32 = <u32>load<u8>(at) - DIGIT_ZERO;
    if (digit > 9) return false;
    magnitude = magnitude * 10 + digit;
  }
  if (magnitude > <u64>i64.MAX_VALUE + (isNegative ? 1 : 0)) return false;
  parsed = isNegative ? -(<i64>magnitude) : <i64>magnitude;
  return true;
}

/**
 * Parses a PAX time, `-1.5`: seconds, then a point and any number of digits, of which nine count. A minus sign also applies
 * to the fraction.
 */
export function parsePaxTime(start: usize, end: usize): bool {
  let point = start;
  while (point < end && load<u8>(point) !== POINT) point++;
  if (!parseDecimal(start, point)) return false;
  let nanoseconds: u32 = 0;
  if (point < end) {
    let digits: u32 = 0;
    for (let at = point + 1; at < end; at++) {
      const digit: u32 = <u32>load<u8>(at) - DIGIT_ZERO;
      if (digit > 9) return false;
      if (digits === NANOSECOND_DIGITS) continue;
      nanoseconds = nanoseconds * 10 + digit;
      digits++;
    }
    for (; digits < NANOSECOND_DIGITS; digits++) nanoseconds *= 10;
  }
  if (load<u8>(start) === MINUS && nanoseconds > 0) {
    parsed--;
    nanoseconds = NANOSECONDS_PER_SECOND - nanoseconds;
  }
  parsedNanoseconds = nanoseconds;
  return true;
}
