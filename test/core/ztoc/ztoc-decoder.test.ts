import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import { createZtocBuilder } from '../../../lambda-src/core/ztoc/ztoc-builder.ts';
import { decodeZtoc } from '../../../lambda-src/core/ztoc/ztoc-decoder.ts';
import { encodeZtoc } from '../../../lambda-src/core/ztoc/ztoc-encoder.ts';
import type { Ztoc } from '../../../lambda-src/core/ztoc/ztoc.ts';
import { createRandom, mixedBytes } from '../../helpers/random.ts';
import { paxRecord, TarWriter } from '../../helpers/tar-writer.ts';

const tar = new TarWriter()
  .entry({ name: 'etc/', type: '5', mode: 0o755, mtime: 1700000000, userName: 'root', groupName: 'root' })
  .pax(paxRecord('SCHILY.xattr.user.k', 'v'), paxRecord('mtime', '1700000000.25'))
  .entry({ name: 'etc/a', mode: 0o4644, uid: 1000, gid: 1000 }, 'hello\n')
  .entry({ name: 'dev/null', type: '3', deviceMajor: 1, deviceMinor: 3 })
  .entry({ name: 'noise' }, mixedBytes(createRandom(1), 100_000))
  .end()
  .bytes();

function buildZtoc(compression: 'gzip' | 'uncompressed', spanSizeBytes: number, layer: Uint8Array): Ztoc {
  const builder = createZtocBuilder({ compression, spanSizeBytes, buildToolIdentifier: 'a tool, à propos' });
  builder.push(layer);
  return builder.finish();
}

const gzipZtoc = buildZtoc('gzip', 10_000, new Uint8Array(gzipSync(tar, { memLevel: 3 })));
const tarZtoc = buildZtoc('uncompressed', 10_000, tar);

describe('a decoded zTOC', () => {
  test.each([
    ['gzip', gzipZtoc],
    ['uncompressed', tarZtoc],
  ])('has everything that was encoded: %s', (_, ztoc) => {
    const decoded = decodeZtoc(encodeZtoc(ztoc));
    expect({ ...decoded, contents: [...decoded.contents] }).toEqual({
      ...ztoc,
      // A zTOC does not store the other fields of the archive.
      contents: Array.from(ztoc.contents, (entry) => ({ ...entry, inArchive: undefined })),
    });
    expect(decoded.spanDigests.length).toBeGreaterThan(3);
  });

  test('has the metadata of the tar', () => {
    const [folder, file, device, noise] = [...decodeZtoc(encodeZtoc(gzipZtoc)).contents];
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
    expect(text(folder!.name)).toBe('etc/');
    expect(folder).toMatchObject({
      type: 'dir',
      mode: 0o755n,
      uncompressedOffset: 512,
      uncompressedSize: 0n,
    });
    expect([text(folder!.userName), text(folder!.groupName)]).toEqual(['root', 'root']);
    // The header of etc/, the PAX header and its data, the header of etc/a.
    expect(file).toMatchObject({
      type: 'reg',
      mode: 0o4644n,
      uncompressedOffset: 2048,
      uncompressedSize: 6n,
      uid: 1000,
    });
    expect(file!.modificationTime).toBe('2023-11-14T22:13:20.25Z');
    expect(file!.paxRecords.map(({ key, value }) => `${text(key)}=${text(value)}`)).toEqual([
      'SCHILY.xattr.user.k=v',
      'mtime=1700000000.25',
    ]);
    expect(device).toMatchObject({ type: 'char', deviceMajor: 1n, deviceMinor: 3n });
    expect(noise!.uncompressedSize).toBe(100_000n);
  });

  test('keeps names that are not UTF-8, and numbers of 63 bits', () => {
    const layer = new TarWriter()
      .entry({ name: Uint8Array.of(0xff, 0x41, 0xfe) })
      .entry({ name: 'link', type: '2', linkName: 'target', size: 2n ** 63n - 1n, dialect: 'gnu' })
      .end()
      .bytes();
    const [odd, link] = [...decodeZtoc(encodeZtoc(buildZtoc('uncompressed', 4096, layer))).contents];
    expect(odd!.name).toEqual(Uint8Array.of(0xff, 0x41, 0xfe));
    expect(link!.uncompressedSize).toBe(2n ** 63n - 1n);
  });
});

describe('checkpoints stored by soci-snapshotter up to 0.6', () => {
  test('lack the first one, which is implied', () => {
    // The bytes are patched in place: the count becomes one more than the number of stored checkpoints.
    const bytes = encodeZtoc(gzipZtoc);
    const count = gzipZtoc.spanDigests.length;
    const implied = {
      ...gzipZtoc,
      spans: { ...gzipZtoc.spans, checkpoints: checkpointsOf(gzipZtoc).slice(1) },
    } as Ztoc;
    const old = encodeZtoc(implied);
    const at = findBlob(old, count - 1);
    new DataView(old.buffer, old.byteOffset).setInt32(at, count, true);
    expect(checkpointsOf(decodeZtoc(old))).toEqual(checkpointsOf(decodeZtoc(bytes)));
  });
});

describe('bytes that are not a zTOC', () => {
  const good = encodeZtoc(gzipZtoc);

  test.each<readonly [string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['three bytes', new Uint8Array(3)],
    ['zeros', new Uint8Array(1000)],
    ['ones', new Uint8Array(1000).fill(255)],
    ['half a zTOC', good.subarray(0, good.length / 2)],
    ['text', new TextEncoder().encode('{"schemaVersion":2}'.repeat(9))],
  ])('are rejected: %s', (_, bytes) => {
    expect(() => decodeZtoc(bytes)).toThrow(FormatError);
  });

  test.each<readonly [string, Ztoc, RegExp]>([
    [
      'one digest too few',
      { ...gzipZtoc, spanDigests: gzipZtoc.spanDigests.slice(1) },
      /spans, but \d+ digests/,
    ],
    [
      'one digest too many in a plain tar',
      { ...tarZtoc, spanDigests: [...tarZtoc.spanDigests, tarZtoc.spanDigests[0]!] },
      /spans, but/,
    ],
    [
      'an invalid digest',
      { ...gzipZtoc, spanDigests: gzipZtoc.spanDigests.map(() => 'sha256:../etc' as const) },
      /the digest of span \d+ is invalid/,
    ],
    [
      'a checkpoint past the end of the layer',
      { ...gzipZtoc, compressedSize: 11 },
      /is beyond the end of its layer/,
    ],
    ['a negative size', { ...gzipZtoc, uncompressedSize: -1 }, /not an offset or size/],
    [
      'checkpoints out of order',
      {
        ...gzipZtoc,
        spans: { ...gzipZtoc.spans, checkpoints: checkpointsOf(gzipZtoc).toReversed() } as Ztoc['spans'],
      },
      /is before the previous one/,
    ],
    [
      'nine pending bits',
      {
        ...gzipZtoc,
        spans: {
          ...gzipZtoc.spans,
          checkpoints: checkpointsOf(gzipZtoc).map((one) => ({ ...one, bits: 9 })),
        } as Ztoc['spans'],
      },
      /has 9 bits/,
    ],
  ])('are rejected for %s', (_, ztoc, sentence) => {
    expect(() => decodeZtoc(encodeZtoc(ztoc))).toThrow(sentence);
  });

  // The last span would be empty, and a runtime would request a range past the end of the layer.
  test('with a last checkpoint at the end of the layer are rejected, but one byte before it are accepted', () => {
    const { compressedOffset } = checkpointsOf(gzipZtoc).at(-1)!;
    expect(() => decodeZtoc(encodeZtoc({ ...gzipZtoc, compressedSize: compressedOffset }))).toThrow(
      `its last checkpoint is beyond the end of its layer of ${compressedOffset} bytes`,
    );
    expect(decodeZtoc(encodeZtoc({ ...gzipZtoc, compressedSize: compressedOffset + 1 })).compressedSize).toBe(
      compressedOffset + 1,
    );
  });

  test('with another version are rejected with that version', () => {
    const bytes = good.slice();
    const at = Buffer.from(bytes).lastIndexOf('0.9');
    bytes[at + 2] = 0x38;
    expect(() => decodeZtoc(bytes)).toThrow('its version is "0.8", not "0.9"');
  });

  test('from a mutated zTOC are either decoded or rejected with a FormatError', () => {
    const small = encodeZtoc(buildZtoc('gzip', 4_000_000, new Uint8Array(gzipSync(tar.subarray(0, 2560)))));
    let refused = 0;
    for (let seed = 0; seed < 3000; seed++) {
      const random = createRandom(seed);
      const bytes = small.slice();
      for (let count = 1 + random.below(3); count > 0; count--) {
        // Skips the window of the checkpoint, 32 KiB without structure.
        const at =
          random.below(2) === 0 ? random.below(200) : bytes.length - 1 - random.below(bytes.length - 32960);
        bytes[at] = random.pick([0, 1, 4, 0x7f, 0x80, 0xff, random.below(256)]);
      }
      try {
        decodeZtoc(bytes);
      } catch (error) {
        expect({ seed, error }).toEqual({ seed, error: expect.any(FormatError) });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(300);
  });

  test('with files that share one long name do not exhaust the memory', () => {
    // Every entry of the metadata vector points to the file with the longest name.
    const writer = new TarWriter().longName('n'.repeat(500_000)).entry({ name: 'long' });
    for (let index = 0; index < 2000; index++) writer.entry({ name: `f${index}` });
    const layer = writer.end().bytes();
    const bytes = encodeZtoc(buildZtoc('uncompressed', 1 << 24, layer)).slice();
    const view = new DataView(bytes.buffer);
    const vector = findVector(view, 2001);
    const first = vector + 4 + view.getUint32(vector + 4, true);
    for (let index = 1; index < 2001; index++) {
      const place = vector + 4 + 4 * index;
      view.setInt32(place, first - place, true);
    }
    expect(() => decodeZtoc(bytes)).toThrow(/share strings/);
  });
});

function checkpointsOf(ztoc: Ztoc) {
  if (ztoc.spans.compression !== 'gzip') throw new Error('not gzip');
  return ztoc.spans.checkpoints;
}

/** Finds the start of the checkpoints: the count, then the span size. */
function findBlob(bytes: Uint8Array, count: number): number {
  const head = new DataView(new ArrayBuffer(12));
  head.setInt32(0, count, true);
  head.setBigInt64(4, 10_000n, true);
  return Buffer.from(bytes).indexOf(new Uint8Array(head.buffer));
}

function findVector(view: DataView, length: number): number {
  for (let at = 0; at < view.byteLength - 4; at += 4) if (view.getUint32(at, true) === length) return at;
  throw new Error('no such vector');
}
