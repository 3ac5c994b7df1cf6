// The numbers of a tar: octal or base-256 in header fields, decimal text in PAX records. All of them are signed 64-bit
// values, hence bigint. A number that is none is undefined; whoever knows the field's name makes the error of it.

const largestInteger = (1n << 63n) - 1n;

const nul = 0x00;
const space = 0x20;
const plus = 0x2b;
const minus = 0x2d;
const digitZero = 0x30;

/**
 * Decodes the number in `block[start, start + length)`.
 *
 * The highest bit of the first byte says that the field is a big-endian two's complement number (GNU, STAR); otherwise
 * it is octal text.
 */
export function decodeNumericField(block: Uint8Array, start: number, length: number): bigint | undefined {
  return block[start]! >= 0x80 ? decodeBase256(block, start, length) : decodeOctal(block, start, length);
}

/**
 * Decodes octal text as archive/tar of Go reads it: spaces and NULs around it do not count, blank is zero, and a NUL
 * after the digits hides whatever follows. A field is at most 12 bytes, so the value stays below 2^36.
 */
export function decodeOctal(block: Uint8Array, start: number, length: number): bigint | undefined {
  const end = start + length;
  let at = start;
  while (at < end && isBlank(block[at]!)) {
    at++;
  }
  if (at === end) {
    return 0n;
  }
  const firstDigit = at;
  let value = 0;
  while (at < end && (block[at]! & 0xf8) === digitZero) {
    value = value * 8 + (block[at]! & 7);
    at++;
  }
  if (at === firstDigit) {
    return undefined;
  }
  if (at < end && block[at] !== nul) {
    while (at < end && isBlank(block[at]!)) {
      at++;
    }
    if (at < end) {
      return undefined;
    }
  }
  return BigInt(value);
}

function isBlank(byte: number): boolean {
  return byte === space || byte === nul;
}

function decodeBase256(block: Uint8Array, start: number, length: number): bigint | undefined {
  const isNegative = (block[start]! & 0x40) !== 0;
  const inversion = isNegative ? 0xff : 0x00;
  // The first byte's highest bit marks the encoding and is no part of the value.
  let magnitude = BigInt((block[start]! ^ inversion) & 0x7f);
  for (let at = start + 1; at < start + length; at++) {
    magnitude = (magnitude << 8n) | BigInt(block[at]! ^ inversion);
  }
  if (magnitude > largestInteger) {
    return undefined;
  }
  return isNegative ? -1n - magnitude : magnitude;
}

/** Parses decimal text: an optional sign, then one digit or more, within 64 bits, and nothing else. */
export function parseDecimal(text: Uint8Array): bigint | undefined {
  const isNegative = text[0] === minus;
  let at = isNegative || text[0] === plus ? 1 : 0;
  if (at === text.length) {
    return undefined;
  }
  while (at < text.length && text[at] === digitZero) {
    at++;
  }
  // 19 digits hold every 64-bit number; refusing more here keeps the cost of a long text linear.
  if (text.length - at > 19) {
    return undefined;
  }
  // 15 digits are exact in a double.
  const exactEnd = Math.min(text.length, at + 15);
  let leading = 0;
  for (; at < exactEnd; at++) {
    const digit = text[at]! - digitZero;
    if (digit < 0 || digit > 9) {
      return undefined;
    }
    leading = leading * 10 + digit;
  }
  let magnitude = BigInt(leading);
  for (; at < text.length; at++) {
    const digit = text[at]! - digitZero;
    if (digit < 0 || digit > 9) {
      return undefined;
    }
    magnitude = magnitude * 10n + BigInt(digit);
  }
  if (isNegative) {
    return magnitude > largestInteger + 1n ? undefined : -magnitude;
  }
  return magnitude > largestInteger ? undefined : magnitude;
}
