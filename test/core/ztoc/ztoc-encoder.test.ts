// zTOCs have the same bytes as those of Google's FlatBuffers runtime. conformance.test.ts compares them with the reference's.
import { expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import type { Checkpoint } from '../../../lambda-src/core/inflate/gzip-decoder.ts';
import { digestOf } from '../../../lambda-src/core/oci/descriptor.ts';
import { entryTypes, type TarEntry } from '../../../lambda-src/core/tar/entry.ts';
import { PackedEntries } from '../../../lambda-src/core/tar/packed-entries.ts';
import { encodeZtoc } from '../../../lambda-src/core/ztoc/ztoc-encoder.ts';
import { decodeZtoc } from '../../../lambda-src/core/ztoc/ztoc-decoder.ts';
import type { SpanIndex, Ztoc } from '../../../lambda-src/core/ztoc/ztoc.ts';
import { encodeZtocByFlatbuffers } from '../../helpers/flatbuffer-ztoc.ts';
import { createRandom, type Random } from '../../helpers/random.ts';

const oneDigest = digestOf(new Uint8Array(0));

function ztocOf(entries: Iterable<TarEntry>, changes: Partial<Ztoc> = {}): Ztoc {
  const contents = new PackedEntries();
  for (const entry of entries) contents.add(entry);
  return {
    buildToolIdentifier: 'a tool, à propos',
    compressedSize: 1000,
    uncompressedSize: 10_240,
    spanDigests: [oneDigest],
    spans: {
      compression: 'gzip',
      spanSizeBytes: 4096,
      checkpoints: [checkpointAt(10, 0, 0)],
    },
    contents,
    ...changes,
  };
}

function checkpointAt(compressedOffset: number, uncompressedOffset: number, bits: number): Checkpoint {
  return {
    compressedOffset,
    uncompressedOffset,
    bits,
    window: new Uint8Array(32768).fill(uncompressedOffset % 251),
  };
}

function expectSameBytes(ztoc: Ztoc): void {
  // Compared as buffers, because a failure would otherwise print the difference byte by byte.
  expect(Buffer.compare(encodeZtoc(ztoc), encodeZtocByFlatbuffers(ztoc))).toBe(0);
}

const bytesOf = (random: Random, largest: number) =>
  Uint8Array.from({ length: random.below(largest) }, () => random.below(256));

/** Any field may be absent, so every possible vtable occurs. */
function randomEntry(random: Random, index: number): TarEntry {
  const number = (bits: number) =>
    random.below(2) === 0
      ? 0n
      : BigInt.asIntN(bits, BigInt(random.below(2 ** 32)) << BigInt(random.below(bits - 32)));
  return {
    name: bytesOf(random, random.below(10) === 0 ? 2000 : 60),
    type: random.pick([...entryTypes]),
    uncompressedOffset: random.below(8) === 0 ? 0 : 512 * index,
    uncompressedSize: number(64),
    linkName: bytesOf(random, 8),
    mode: number(64),
    uid: random.below(2) * random.below(2 ** 32),
    gid: random.below(2) * random.below(2 ** 32),
    userName: bytesOf(random, 8),
    groupName: bytesOf(random, 8),
    modificationTime: random.pick([
      '',
      '2023-11-14T22:13:20Z',
      '0000-01-01T00:00:00.5Z',
      '9999-12-31T23:59:59.123456789Z',
    ]),
    deviceMajor: number(64),
    deviceMinor: number(64),
    paxRecords: Array.from({ length: random.below(3) * random.below(4) }, () => ({
      key: bytesOf(random, 30),
      value: bytesOf(random, 90),
    })),
  };
}

test.each([1, 2, 3, 4, 5])('encodes files of every kind: seed %i', (seed) => {
  const random = createRandom(seed);
  // More than one chunk, and more bytes than the writer has room for at once.
  const entries = Array.from({ length: 3000 }, (_, index) => randomEntry(random, index));
  expectSameBytes(ztocOf(entries));
});

test.each([0, 1, 2, 3, 4680, 4681, 4682, 4683, 9366])(
  'encodes %i files, around the limits of a chunk',
  (count) => {
    const random = createRandom(count);
    const entry = {
      ...randomEntry(random, 1),
      name: new Uint8Array(0),
      linkName: new Uint8Array(0),
      userName: new Uint8Array(0),
      groupName: new Uint8Array(0),
      paxRecords: [],
    };
    expectSameBytes(ztocOf(Array.from({ length: count }, () => entry)));
  },
);

test('encodes a file with 1 MiB of each kind of metadata and the maximum number of records', () => {
  const random = createRandom(9);
  const long = new Uint8Array(1 << 20).fill(0x61);
  const entry: TarEntry = {
    ...randomEntry(random, 3),
    name: long,
    linkName: long,
    paxRecords: Array.from({ length: 209_715 }, (_, index) => ({
      key: Uint8Array.of(index % 251),
      value: new Uint8Array(0),
    })),
  };
  expectSameBytes(ztocOf([randomEntry(random, 1), entry, randomEntry(random, 5), entry]));
});

test.each<[string, SpanIndex, number]>([
  ['gzip, one span', { compression: 'gzip', spanSizeBytes: 4096, checkpoints: [checkpointAt(10, 0, 0)] }, 1],
  [
    'gzip, three spans',
    {
      compression: 'gzip',
      spanSizeBytes: 2 ** 40,
      checkpoints: [checkpointAt(10, 0, 0), checkpointAt(20, 4097, 3), checkpointAt(2 ** 40, 2 ** 41, 7)],
    },
    3,
  ],
  ['a plain tar', { compression: 'uncompressed', spanSizeBytes: 4096, layerBytes: 10_240 }, 3],
  ['an empty plain tar', { compression: 'uncompressed', spanSizeBytes: 2 ** 40, layerBytes: 0 }, 0],
])('encodes the spans of %s', (_, spans, spanCount) => {
  const spanDigests = Array.from({ length: spanCount }, (_unused, index) => digestOf(Uint8Array.of(index)));
  expectSameBytes(ztocOf([], { spans, spanDigests }));
  expectSameBytes(ztocOf([randomEntry(createRandom(1), 1)], { spans, spanDigests, buildToolIdentifier: '' }));
  expectSameBytes(ztocOf([], { spans, spanDigests, compressedSize: 0, uncompressedSize: 0 }));
});

test('a writer starts afresh after a large zTOC', () => {
  const random = createRandom(11);
  const large = ztocOf(Array.from({ length: 2000 }, (_, index) => randomEntry(random, index)));
  const small = ztocOf([randomEntry(random, 7)]);
  const expected = encodeZtoc(small).slice();
  encodeZtoc(large);
  expect(encodeZtoc(small)).toEqual(expected);
});

test.each<[string, Partial<TarEntry>]>([
  ['a name of 8 MiB', { name: new Uint8Array(8 << 20) }],
  [
    'more PAX records than a tar has room for',
    {
      paxRecords: Array.from({ length: 209_717 }, () => ({
        key: Uint8Array.of(1),
        value: new Uint8Array(0),
      })),
    },
  ],
])('rejects metadata that a tar cannot have: %s', (_, changes) => {
  const entry = { ...randomEntry(createRandom(1), 1), ...changes };
  expect(() => encodeZtoc(ztocOf([entry]))).toThrow(
    new FormatError('ztoc', 'a file has more metadata than a tar can have'),
  );
});

test.each<[bigint, number, string]>([
  [0n, 0, '1970-01-01T00:00:00Z'],
  [1700000001n, 250_000_000, '2023-11-14T22:13:21.25Z'],
  [1700000001n, 1, '2023-11-14T22:13:21.000000001Z'],
  [1700000001n, 10, '2023-11-14T22:13:21.00000001Z'],
  [951782400n, 0, '2000-02-29T00:00:00Z'],
  [951868799n, 0, '2000-02-29T23:59:59Z'],
  [1709251199n, 0, '2024-02-29T23:59:59Z'],
  [4107542400n, 0, '2100-03-01T00:00:00Z'],
  [-1n, 0, '1969-12-31T23:59:59Z'],
  [-2n, 500_000_000, '1969-12-31T23:59:58.5Z'],
  [-59958144000n, 0, '0070-01-01T00:00:00Z'],
  [-62167219200n, 0, '0000-01-01T00:00:00Z'],
  [-62167219201n, 999_999_999, ''],
  [253402300799n, 999_999_999, '9999-12-31T23:59:59.999999999Z'],
  [253402300800n, 0, ''],
  [9223372036854775807n, 0, ''],
  [-9223372036854775808n, 0, ''],
])('encodes the time of %p s and %p ns as %p', (seconds, nanoseconds, text) => {
  const inArchive = { headerOffset: 0, storedSize: 0n, uid: 0n, gid: 0n, time: { seconds, nanoseconds } };
  const entry = { ...randomEntry(createRandom(1), 1), inArchive };
  expect(decodeZtoc(encodeZtoc(ztocOf([entry]))).contents.at(0).modificationTime).toBe(text);
});

test('encodes random times as JavaScript does', () => {
  const random = createRandom(13);
  const entry = randomEntry(random, 1);
  const times = Array.from(
    { length: 2000 },
    () => random.below(2 ** 32) * 73 - 62_167_219_200 + random.below(86_400),
  );
  const contents = times.map((seconds) => ({
    ...entry,
    inArchive: {
      headerOffset: 0,
      storedSize: 0n,
      uid: 0n,
      gid: 0n,
      time: { seconds: BigInt(seconds), nanoseconds: 0 },
    },
  }));
  const decoded = decodeZtoc(encodeZtoc(ztocOf(contents))).contents;
  expect(Array.from(decoded, ({ modificationTime }) => modificationTime)).toEqual(
    times.map((seconds) =>
      seconds > 253_402_300_799 ? '' : new Date(seconds * 1000).toISOString().replace('.000', ''),
    ),
  );
});
