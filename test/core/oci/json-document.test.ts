import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import {
  JsonNumber,
  JsonObject,
  parseJson,
  type JsonValue,
} from '../../../lambda-src/core/oci/json-document.ts';

/** The value that JSON.parse would return, but with numbers as they were written. */
function simplify(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return value.source;
  if (value instanceof JsonObject) return value.members.map(([key, member]) => [key, simplify(member)]);
  return Array.isArray(value) ? (value as readonly JsonValue[]).map(simplify) : value;
}

const parse = (text: string | Uint8Array): unknown => simplify(parseJson(Buffer.from(text)));

function catchFormatError(text: string | Uint8Array): FormatError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error(`accepted ${String(text)}`);
}

describe('a JSON value', () => {
  test.each([
    [' null ', null],
    ['true', true],
    ['\t\r\nfalse\n', false],
    ['""', ''],
    ['[]', []],
    ['[ ]', []],
    ['{}', []],
    ['{ }', []],
    ['[1, [2],\n3]', ['1', ['2'], '3']],
    [
      '{"b" : 1 ,"a":{"c":[]}}',
      [
        ['b', '1'],
        ['a', [['c', []]]],
      ],
    ],
  ])('reads %j', (text, value) => {
    expect(parse(text)).toEqual(value);
  });

  test.each([
    '0',
    '-0',
    '10',
    '-1.5',
    '1e3',
    '1E+3',
    '1.0e-10',
    '9007199254740993',
    '123456789012345678901234567890',
  ])('keeps the number %s as it was written', (text) => {
    expect(parse(text)).toBe(text);
  });

  test('returns a repeated key twice', () => {
    expect(parse('{"a":1,"a":2}')).toEqual([
      ['a', '1'],
      ['a', '2'],
    ]);
  });

  test('treats the key __proto__ like any other', () => {
    expect(parse('{"__proto__":{"x":1}}')).toEqual([['__proto__', [['x', '1']]]]);
  });
});

describe('a string', () => {
  test.each([
    [String.raw`"\"\\\/\b\f\n\r\tA"`, '"\\/\b\f\n\r\tA'],
    [String.raw`"\ud83d\ude00 \u00e9"`, '😀 é'],
    ['"\\\\"', '\\'],
    ['"é 😀 \u2028 \x7f"', 'é 😀 \u2028 \x7f'],
    // An unpaired surrogate becomes U+FFFD, and a complete pair after it is kept.
    [String.raw`"\ud800x\udc00"`, '\ufffdx\ufffd'],
    [String.raw`"\ud800\ud83d\ude00"`, '\ufffd😀'],
  ])('reads %s with its escapes', (text, value) => {
    expect(parse(text)).toBe(value);
  });

  test.each([
    ['a byte that cannot start a character', [0xff], '\ufffd'],
    ['a lone continuation byte', [0x80], '\ufffd'],
    ['a three-byte character cut after two bytes', [0xe2, 0x82], '\ufffd\ufffd'],
    ['a four-byte character cut after three bytes', [0xf0, 0x9f, 0x98], '\ufffd\ufffd\ufffd'],
    ['a surrogate encoded in UTF-8', [0xed, 0xa0, 0x80], '\ufffd\ufffd\ufffd'],
    ['an overlong slash', [0xc0, 0xaf], '\ufffd\ufffd'],
    ['an overlong slash of three bytes', [0xe0, 0x80, 0xaf], '\ufffd\ufffd\ufffd'],
    ['an overlong slash of four bytes', [0xf0, 0x80, 0x80, 0xaf], '\ufffd\ufffd\ufffd\ufffd'],
    ['a first byte for code points above U+13FFFF', [0xf5, 0x80, 0x80, 0x80], '\ufffd\ufffd\ufffd\ufffd'],
    [
      'damage before the first and last characters of each length',
      [0xff, ...Buffer.from('\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}')],
      '\ufffd\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}',
    ],
    ['the replacement character itself', [0xef, 0xbf, 0xbd], '\ufffd'],
    ['a code point above U+10FFFF', [0xf4, 0x90, 0x80, 0x80], '\ufffd\ufffd\ufffd\ufffd'],
    [
      'a damaged byte before characters of two, three and four bytes',
      [0xff, ...Buffer.from('é€😀')],
      '\ufffdé€😀',
    ],
    ['a damaged character between intact ones', [0xc3, 0xa9, 0xe2, 0x41, 0xc3, 0xa9], 'é\ufffdAé'],
  ])('replaces invalid bytes with U+FFFD, one for each byte, as Go does: %s', (_name, bytes, value) => {
    expect(parse(Uint8Array.of(0x22, ...bytes, 0x22))).toBe(value);
  });

  test('keeps a byte order mark within a string', () => {
    expect(parse('"\ufeffa"')).toBe('\ufeffa');
  });
});

describe('invalid JSON', () => {
  test.each([
    ['', 0, 'ends too early'],
    ['  ', 2, 'ends too early'],
    ['[1,', 3, 'ends too early'],
    ['[1', 2, 'ends too early'],
    ['{"a"', 4, 'ends too early'],
    ['{"a":', 5, 'ends too early'],
    ['{"a":1', 6, 'ends too early'],
    ['{', 1, 'ends too early'],
    ['\ufeff{}', 0, 'expected a JSON value'],
    ['[1,]', 3, 'expected a JSON value'],
    ['[,1]', 1, 'expected a JSON value'],
    ['[1 2]', 3, 'comma'],
    ['[1}', 2, 'comma'],
    ['{"a":1]', 6, 'comma'],
    ['{"a" 1}', 5, 'colon'],
    ['{a:1}', 1, 'key'],
    ['{"a":1,}', 7, 'key'],
    ['{} {}', 3, 'unexpected data after the end'],
    ['nul', 0, 'expected a JSON value'],
    ['nullnull', 0, 'expected a JSON value'],
    ['True', 0, 'expected a JSON value'],
    ['NaN', 0, 'expected a JSON value'],
    ['[+1]', 1, 'expected a JSON value'],
    ['[01]', 1, 'expected a JSON value'],
    ['[1.]', 1, 'expected a JSON value'],
    ['[.5]', 1, 'expected a JSON value'],
    ['[1e]', 1, 'expected a JSON value'],
    ['[--1]', 1, 'expected a JSON value'],
    ['["a\nb"]', 3, 'control character'],
    ['["\x1f"]', 2, 'control character'],
    ['["a', 1, 'is not terminated'],
    ['["a\\"]', 1, 'is not terminated'],
    ['["\\x"]', 1, 'invalid escape'],
    ['["\\u12"]', 1, 'invalid escape'],
    ['["\\\n"]', 1, 'invalid escape'],
    ["['a']", 1, 'expected a JSON value'],
    ['[1]//', 3, 'unexpected data after the end'],
    ['\x0b1', 0, 'expected a JSON value'],
  ])('rejects %j at byte %d', (text, offset, problem) => {
    const error = catchFormatError(text);
    expect(error).toMatchObject({ format: 'manifest', offset });
    expect(error.problem).toContain(problem);
  });

  test('rejects a deeply nested document without a stack overflow', () => {
    for (const opening of ['[', '{"a":']) {
      expect(catchFormatError(opening.repeat(100_000)).problem).toBe('JSON is nested more than 500 deep');
    }
    expect(parse('['.repeat(501) + ']'.repeat(501))).toBeDefined();
    expect(catchFormatError('['.repeat(502) + ']'.repeat(502)).offset).toBe(501);
  });

  test('reads a document of only invalid bytes in less than 5 seconds', () => {
    const started = performance.now();
    parse(Buffer.concat([Buffer.from('"'), Buffer.alloc(500_000, 0xff), Buffer.from('"')]));
    parse(Buffer.from(`[${'"\xe2",'.repeat(100_000)}0]`, 'latin1'));
    // This takes about 0.2 s. It took 10 s when each damaged byte threw an exception.
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test('does not cut a number as long as the document', () => {
    const digits = '1'.repeat(100_000);
    expect(parse(`[${digits}]`)).toEqual([digits]);
    expect(catchFormatError(`[${digits}-]`).offset).toBe(1);
  });
});
