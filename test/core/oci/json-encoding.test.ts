import { expect, test } from '@jest/globals';
import { encodeJson, type Encodable } from '../../../lambda-src/core/oci/json-encoding.ts';

const encode = (value: Encodable): string => Buffer.from(encodeJson(value)).toString();

// Go 1.26's encoding/json writes the texts on the right.
test.each([
  ['', '""'],
  ['plain é ！ 😀', '"plain é ！ 😀"'],
  ['<script>&', String.raw`"\u003cscript\u003e\u0026"`],
  ['a"b\\c/d', String.raw`"a\"b\\c/d"`],
  ['\b\f\n\r\t', String.raw`"\b\f\n\r\t"`],
  ['\x00\x1f\x7f', '"\\u0000\\u001f\x7f"'],
  ['\u2028\u2029\u2027', '"\\u2028\\u2029\u2027"'],
  ['half \ud800 and \udc00.', String.raw`"half \ufffd and \ufffd."`],
  ['\ufffd as a character', '"\ufffd as a character"'],
  ['\\ud800', String.raw`"\\ud800"`],
])('writes %j with the escapes of Go', (text, expected) => {
  expect(encode(text)).toBe(expected);
});

test('keeps the order of a plain object and omits undefined fields', () => {
  expect(encode({ z: 1, a: [], gone: undefined, m: {} })).toBe('{"z":1,"a":[],"m":{}}');
});

test('sorts a map by the bytes of its keys, not by UTF-16, and escapes the keys', () => {
  const map = new Map([
    ['\u{1f600}', 1],
    ['\uff01', 2],
    ['b', 3],
    ['B', 4],
    ['10', 5],
    ['9', 6],
    ['<', 7],
    ['', 8],
  ]);
  expect(encode(map)).toBe('{"":8,"10":5,"9":6,"\\u003c":7,"B":4,"b":3,"！":2,"😀":1}');
});

test('nests lists and objects without white space', () => {
  expect(encode({ list: ['a', { b: new Map([['c', ['d', 9007199254740991]]]) }] })).toBe(
    '{"list":["a",{"b":{"c":["d",9007199254740991]}}]}',
  );
});
