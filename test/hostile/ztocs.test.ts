// zTOCs from others that represent much data in few bytes. Damage and contradictions are tested with the reader
// (test/core/ztoc/ztoc-decoder.test.ts), and arbitrary bytes with the fuzzer (test/fuzz).
import { Builder } from 'flatbuffers';
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../lambda-src/core/errors.ts';
import { decodeZtoc } from '../../lambda-src/core/ztoc/ztoc-decoder.ts';

const spanDigest = `sha256:${'0'.repeat(64)}`;

interface HostileParts {
  /** Number of files, which are all the same object. @default 1 */
  readonly files?: number;
  readonly name?: string;
  readonly type?: string;
  readonly modificationTime?: string;
  /** Number of PAX records, which are all the same object. @default 0 */
  readonly records?: number;
  readonly recordValue?: string;
  /** Number of spans, whose digests are all the same string. @default 1 */
  readonly spans?: number;
  readonly version?: string;
}

/** A handwritten zTOC of a plain tar that can refer to one object any number of times. */
function writeZtoc({
  files = 1,
  name = 'a',
  type = 'reg',
  modificationTime = '',
  records = 0,
  recordValue = '',
  spans = 1,
  version = '0.9',
}: HostileParts): Uint8Array {
  const builder = new Builder(1024);
  const versionString = builder.createString(version);
  const digest = builder.createString(spanDigest);
  const names = builder.createString(name);
  const types = builder.createString(type);
  const times = builder.createString(modificationTime);
  const key = builder.createString('k');
  const value = builder.createString(recordValue);

  builder.startObject(2);
  builder.addFieldOffset(0, key, 0);
  builder.addFieldOffset(1, value, 0);
  const xattrs = vectorOf(builder, builder.endObject(), records);

  builder.startObject(14);
  builder.addFieldOffset(0, names, 0);
  builder.addFieldOffset(1, types, 0);
  builder.addFieldOffset(10, times, 0);
  builder.addFieldOffset(13, xattrs, 0);
  const metadata = vectorOf(builder, builder.endObject(), files);
  builder.startObject(1);
  builder.addFieldOffset(0, metadata, 0);
  const toc = builder.endObject();

  const zinfo = new Builder(64);
  zinfo.startObject(3);
  zinfo.addFieldInt64(1, 1n, 0n);
  zinfo.addFieldInt64(2, BigInt(spans), 0n);
  zinfo.finish(zinfo.endObject());
  const checkpoints = builder.createByteVector(zinfo.asUint8Array());
  const digests = vectorOf(builder, digest, spans);
  builder.startObject(4);
  builder.addFieldInt8(0, 2, 1);
  builder.addFieldInt32(1, spans - 1, 0);
  builder.addFieldOffset(2, digests, 0);
  builder.addFieldOffset(3, checkpoints, 0);
  const compressionInfo = builder.endObject();

  builder.startObject(6);
  builder.addFieldOffset(0, versionString, 0);
  builder.addFieldOffset(4, toc, 0);
  builder.addFieldOffset(5, compressionInfo, 0);
  builder.addFieldInt64(2, BigInt(spans), 0n);
  builder.finish(builder.endObject());
  return builder.asUint8Array();
}

/** A vector whose elements are all the same object. */
function vectorOf(builder: Builder, element: number, length: number): number {
  builder.startVector(4, length, 4);
  for (let index = 0; index < length; index++) builder.addOffset(element);
  return builder.endVector();
}

function refusalOf(bytes: Uint8Array): FormatError {
  try {
    decodeZtoc(bytes);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error('the zTOC was accepted');
}

test('reads a handwritten zTOC that shares no objects', () => {
  const { contents, spanDigests } = decodeZtoc(writeZtoc({ records: 1, recordValue: 'v' }));
  expect([contents.length, contents.paxRecordCount, spanDigests]).toEqual([1, 1, [spanDigest]]);
});

describe('a zTOC that refers to one object many times', () => {
  const megabyte = 'x'.repeat(1_000_000);

  test.each<readonly [string, HostileParts]>([
    ['a file 100,000 times', { files: 100_000 }],
    ['a file with a 1 MB name 1000 times', { files: 1000, name: megabyte }],
    // Twenty gigabytes: no buffer is that large, but the error must still be a FormatError.
    ['a 1 MB PAX record 20,000 times', { records: 20_000, recordValue: megabyte }],
    ['a PAX record a million times', { records: 1_000_000 }],
    ['a span digest 100,000 times', { spans: 100_000 }],
  ])('is rejected, using memory in proportion to its size: %s', (_, parts) => {
    const bytes = writeZtoc(parts);
    const before = process.memoryUsage();
    expect(refusalOf(bytes).problem).toMatch(/^its files share/);
    const after = process.memoryUsage();
    const grown = after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed;
    expect(grown).toBeLessThan(40 * bytes.length + 50_000_000);
  });
});

describe('text in a zTOC', () => {
  test.each<readonly [string, HostileParts, RegExp]>([
    ['a version with a control sequence', { version: '\u009b2J' }, /^its version is "\\u009b2J", not "0.9"$/],
    ['a type of one megabyte', { type: 'y'.repeat(1_000_000) }, /^file 0 is of type "y{200}"…$/],
    ['a type with a control sequence', { type: '\u009b2J' }, /^file 0 is of type "\\u009b2J"$/],
    ['an invalid time', { modificationTime: 'yesterday' }, /^the modification time of file 0 is invalid$/],
    [
      'a time that grows when it is formatted again',
      { modificationTime: '2026-01-01T00:00:00é' },
      /is invalid$/,
    ],
    ['a time of one megabyte', { modificationTime: '2026-01-01T00:00:00Z'.repeat(50_000) }, /is invalid$/],
  ])('is rejected with a short message on one line: %s', (_, parts, sentence) => {
    expect(refusalOf(writeZtoc(parts)).problem).toMatch(sentence);
  });

  test.each([
    ['', ''],
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
    ['2026-01-01T00:00:00.123456789+05:45', '2025-12-31T18:15:00.123456789Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
  ])('the time %p is read as %p', (modificationTime, inUtc) => {
    expect(decodeZtoc(writeZtoc({ modificationTime })).contents.at(0).modificationTime).toBe(inUtc);
  });
});
