// Parses JSON like Go's encoding/json, so that a manifest has the same meaning as for the runtime that pulls it. JSON.parse
// is not suitable: it drops duplicate keys, and it cannot distinguish 1e3, or a number beyond 2^53, from numbers that Go accepts.
import { FormatError } from '../errors.ts';

export type JsonValue = null | boolean | string | JsonNumber | JsonObject | readonly JsonValue[];

/** A number as written in the document. */
export class JsonNumber {
  constructor(readonly source: string) {}
}

/**
 * Members in document order. A key may occur more than once; the code that reads a field decides whether that matters.
 */
export class JsonObject {
  constructor(readonly members: readonly (readonly [key: string, value: JsonValue])[]) {}
}

/**
 * No manifest is nested this deep. Without a limit, a hostile document would exhaust the stack.
 */
const maximumDepth = 500;

/**
 * Parses the bytes of one JSON value. Each byte of invalid UTF-8 in a string becomes U+FFFD.
 *
 * @throws FormatError with the byte offset, if the bytes are not one JSON value.
 */
export function parseJson(bytes: Uint8Array): JsonValue {
  return new Parser(bytes).parseDocument();
}

const code = (character: string): number => character.charCodeAt(0);
const quotationMark = code('"');
const backslash = code('\\');
const comma = code(',');
const colon = code(':');
const openingBracket = code('[');
const closingBracket = code(']');
const openingBrace = code('{');
const closingBrace = code('}');
const whitespace: ReadonlySet<number | undefined> = new Set([' ', '\t', '\n', '\r'].map(code));
const wordCharacters: ReadonlySet<number | undefined> = new Set(Array.from('+-.0123456789Eaeflnrstu', code));
const numberPattern = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

class Parser {
  readonly #bytes: Uint8Array;

  /** Index of the next unread byte. */
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  parseDocument(): JsonValue {
    const value = this.#parseValue(0);
    if (this.#skipWhitespace() !== undefined) this.#fail('unexpected data after the end of the JSON value');
    return value;
  }

  #parseValue(depth: number): JsonValue {
    if (depth > maximumDepth) this.#fail(`JSON is nested more than ${maximumDepth} deep`);
    const first = this.#skipWhitespace();
    if (first === openingBrace) return this.#parseObject(depth);
    if (first === openingBracket) return this.#parseArray(depth);
    if (first === quotationMark) return this.#parseString();
    return this.#parseWord();
  }

  #parseObject(depth: number): JsonObject {
    const members: [string, JsonValue][] = [];
    this.#position++;
    if (this.#skipWhitespace() === closingBrace) {
      this.#position++;
      return new JsonObject(members);
    }
    for (;;) {
      if (this.#skipWhitespace() !== quotationMark) this.#fail('expected a key in quotation marks');
      const key = this.#parseString();
      if (this.#skipWhitespace() !== colon) this.#fail('expected a colon');
      this.#position++;
      members.push([key, this.#parseValue(depth + 1)]);
      if (this.#parseSeparator(closingBrace)) return new JsonObject(members);
    }
  }

  #parseArray(depth: number): JsonValue[] {
    const elements: JsonValue[] = [];
    this.#position++;
    if (this.#skipWhitespace() === closingBracket) {
      this.#position++;
      return elements;
    }
    for (;;) {
      elements.push(this.#parseValue(depth + 1));
      if (this.#parseSeparator(closingBracket)) return elements;
    }
  }

  /** Skips a comma (false) or the closing character (true). */
  #parseSeparator(closing: number): boolean {
    const separator = this.#skipWhitespace();
    if (separator !== comma && separator !== closing) this.#fail('expected a comma or a closing bracket');
    this.#position++;
    return separator === closing;
  }

  #parseString(): string {
    const start = this.#position;
    let end = start + 1;
    let escaped = false;
    while (this.#bytes[end] !== quotationMark) {
      const byte = this.#bytes[end];
      if (byte === undefined) this.#fail('a string is not terminated', start);
      if (byte < 0x20) this.#fail('a string contains a control character', end);
      if (byte === backslash) escaped = true;
      end += byte === backslash ? 2 : 1;
    }
    this.#position = end + 1;
    const text = decodeUtf8(this.#bytes.subarray(start + 1, end));
    if (!escaped) return text;
    try {
      const unescaped = JSON.parse(`"${text}"`) as string;
      // An escape may be half of a surrogate pair, which is not a character.
      return unescaped.replace(/\p{Surrogate}/gu, '\ufffd');
    } catch {
      return this.#fail('a string contains an invalid escape', start);
    }
  }

  /** Parses a number, or one of true, false and null. */
  #parseWord(): JsonValue {
    const start = this.#position;
    while (wordCharacters.has(this.#bytes[this.#position])) this.#position++;
    const word = Buffer.from(this.#bytes.subarray(start, this.#position)).toString('latin1');
    if (word === 'null') return null;
    if (word === 'true' || word === 'false') return word === 'true';
    if (!numberPattern.test(word)) this.#fail('expected a JSON value', start);
    return new JsonNumber(word);
  }

  /** The next byte that is not white space, without consuming it. Undefined at the end. */
  #skipWhitespace(): number | undefined {
    while (whitespace.has(this.#bytes[this.#position])) this.#position++;
    return this.#bytes[this.#position];
  }

  #fail(problem: string, offset = this.#position): never {
    throw new FormatError(
      'manifest',
      offset >= this.#bytes.length ? 'the JSON ends too early' : problem,
      offset,
    );
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const replacementCharacter = Uint8Array.of(0xef, 0xbf, 0xbd);

/** Replaces each byte of an invalid sequence, as Go does. TextDecoder replaces a truncated character as a whole. */
function decodeUtf8(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  return text.includes('\ufffd') ? decoder.decode(replaceDamage(bytes)) : text;
}

function replaceDamage(bytes: Uint8Array): Uint8Array {
  const replaced = new Uint8Array(bytes.length * replacementCharacter.length);
  let end = 0;
  let position = 0;
  while (position < bytes.length) {
    const length = measureCharacter(bytes, position);
    replaced.set(length === 0 ? replacementCharacter : bytes.subarray(position, position + length), end);
    end += length === 0 ? replacementCharacter.length : length;
    position += Math.max(length, 1);
  }
  return replaced.subarray(0, end);
}

/**
 * Number of bytes of the character that begins here; 0 for an invalid or truncated one. Afterwards, the decoder checks whether
 * the character exists; if not, it replaces each byte, as Go does.
 */
function measureCharacter(bytes: Uint8Array, position: number): number {
  const first = bytes[position]!;
  if (first < 0x80) return 1;
  if (first < 0xc0) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  for (let offset = 1; offset < length; offset++) {
    const continuation = bytes[position + offset] ?? 0;
    if (continuation < 0x80 || continuation > 0xbf) return 0;
  }
  return length;
}
