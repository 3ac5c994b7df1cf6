// Each kind of damage to a zTOC is named: a good index, with one thing in it changed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { layerFormatOf } from '../../lambda-src/core/oci/media-type.ts';
import type { Checkpoint } from '../../lambda-src/core/inflate/gzip-decoder.ts';
import type { TarEntry } from '../../lambda-src/core/tar/entry.ts';
import { createZtocBuilder } from '../../lambda-src/core/ztoc/ztoc-builder.ts';
import { decodeZtoc } from '../../lambda-src/core/ztoc/ztoc-decoder.ts';
import { encodeZtoc } from '../../lambda-src/core/ztoc/ztoc-encoder.ts';
import type { LayerCompression, Ztoc } from '../../lambda-src/core/ztoc/ztoc.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { proveLayer, ztocKey } from '../../lambda-src/verifier/prove-layer.ts';
import { type Blob, blobOf, ociTypes, ztocOf } from '../helpers/images.ts';
import { BitWriter } from '../helpers/bits.ts';
import { gzipMember } from '../helpers/gzip.ts';
import { createRandom } from '../helpers/random.ts';
import { RecordingStore } from '../helpers/recording-store.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import {
  changeEntries,
  changeZtoc,
  compress,
  type Damage,
  damageImage,
  findDamage,
  gzipLayer,
  makeIndexedImage,
  packTar,
  settings,
  tarLayer,
  verify,
} from './indexed-image.ts';

/** `sha256:` and 64 times the digit. */
const otherDigest = `sha256:${'7'.repeat(64)}` as const;

function changeCheckpoints(change: (checkpoints: Checkpoint[]) => Checkpoint[]): Damage {
  return changeZtoc((ztoc) => {
    if (ztoc.spans.compression !== 'gzip') throw new Error('not gzip');
    return { ...ztoc, spans: { ...ztoc.spans, checkpoints: change([...ztoc.spans.checkpoints]) } };
  });
}

function changeCheckpoint(number: number, change: (checkpoint: Checkpoint) => Partial<Checkpoint>): Damage {
  return changeCheckpoints((checkpoints) =>
    checkpoints.map((one, index) => (index === number ? { ...one, ...change(one) } : one)),
  );
}

function changeEntry(name: string, change: (entry: TarEntry) => Partial<TarEntry>): Damage {
  return changeEntries((entries) =>
    entries.map((entry) =>
      Buffer.from(entry.name).toString() === name ? { ...entry, ...change(entry) } : entry,
    ),
  );
}

function flipped(bytes: Uint8Array, ...places: number[]): Uint8Array {
  return bytes.map((byte, place) => (places.includes(place) ? byte ^ 0x20 : byte));
}

function swapped<Item>(items: Item[], place: number): Item[] {
  return items.map((item, index) =>
    index === place ? items[place + 1]! : index === place + 1 ? items[place]! : item,
  );
}

const checkpointDamage: readonly (readonly [string, Damage, readonly RegExp[]])[] = [
  [
    'the digest of a span',
    changeZtoc((ztoc) => ({
      ...ztoc,
      spanDigests: ztoc.spanDigests.map((digest, span) => (span === 2 ? otherDigest : digest)),
    })),
    [/^span 2 \(bytes 14679 to 23306 of the layer\): its digest is recorded as sha256:7{64}; it is sha256:/],
  ],
  [
    'digests of two spans, swapped',
    changeZtoc((ztoc) => ({ ...ztoc, spanDigests: swapped([...ztoc.spanDigests], 3) })),
    [/^span 3 \(bytes/, /^span 4 \(bytes/],
  ],
  [
    'a window',
    changeCheckpoint(3, ({ window }) => ({ window: window.map((byte) => byte ^ 1) })),
    [
      /^span 3, from its checkpoint \(byte 23306 of the layer, 1 bits\): byte 9\d{4} of the uncompressed data is 0x[0-9a-f]{2} instead of 0x[0-9a-f]{2}; its window is wrong, starting at byte 0$/,
    ],
  ],
  [
    'the pending bits of a checkpoint',
    changeCheckpoint(2, ({ bits }) => ({ bits: bits - 1 })),
    [/^span 2, from its checkpoint \(byte 14680 of the layer, 5 bits\): /],
  ],
  [
    'pending bits that do not exist',
    changeCheckpoint(0, () => ({ bits: 3 })),
    [
      /^span 0, from its checkpoint \(byte 10 of the layer, 3 bits\): /,
      /^span 0 \(bytes 9 to 6222 of the layer\): its digest/,
    ],
  ],
  [
    'where a checkpoint lies in the layer',
    changeCheckpoint(4, ({ compressedOffset }) => ({ compressedOffset: compressedOffset + 200 })),
    [
      /^checkpoint 4 is recorded at byte 124072 of the uncompressed data, but byte 33894 of the layer corresponds to byte 125309$/,
      /^span 4, from its checkpoint \(byte 33894 of the layer, 2 bits\): /,
      /^span 3 \(bytes 23305 to 33894 of the layer\): its digest/,
      /^span 4 \(bytes 33893 to 41334 of the layer\): its digest/,
    ],
  ],
  [
    'where a checkpoint lies in the uncompressed data',
    changeCheckpoint(5, ({ uncompressedOffset }) => ({ uncompressedOffset: uncompressedOffset + 1 })),
    [
      /^checkpoint 5 is recorded at byte 155914 of the uncompressed data, but byte 41334 of the layer corresponds to byte 155913$/,
    ],
  ],
  [
    'a missing checkpoint, with its digest',
    changeZtoc((ztoc) => {
      if (ztoc.spans.compression !== 'gzip') throw new Error('not gzip');
      const without = <Item>(items: readonly Item[]) => items.filter((_, index) => index !== 3);
      return {
        ...ztoc,
        spanDigests: without(ztoc.spanDigests),
        spans: { ...ztoc.spans, checkpoints: without(ztoc.spans.checkpoints) },
      };
    }),
    [/^span 2 \(bytes 14679 to 33694 of the layer\): its digest/],
  ],
  [
    'a missing checkpoint, without its digest',
    changeCheckpoints((checkpoints) => checkpoints.slice(0, -1)),
    [/^its zTOC sha256:.* cannot be read: ztoc: it has 6 spans, but 7 digests/],
  ],
  [
    'a last checkpoint behind the layer',
    changeZtoc((ztoc) => {
      if (ztoc.spans.compression !== 'gzip') throw new Error('not gzip');
      const checkpoints = ztoc.spans.checkpoints.map((one, index) =>
        index === 6 ? { ...one, compressedOffset: gzipLayer.bytes.length + 5 } : one,
      );
      return { ...ztoc, compressedSize: gzipLayer.bytes.length + 9, spans: { ...ztoc.spans, checkpoints } };
    }),
    [
      /^the layer's size is recorded as \d+ bytes; it is \d+$/,
      /^checkpoint 6 lies at byte \d+, but the layer has only \d+ bytes$/,
      /^span 5 \(bytes/,
    ],
  ],
];

const fileDamage: readonly (readonly [string, Damage, readonly RegExp[]])[] = [
  [
    'where the data of a file begins',
    changeEntry('app/file-3', ({ uncompressedOffset }) => ({ uncompressedOffset: uncompressedOffset + 1 })),
    [/^file "app\/file-3": its data is recorded to begin at byte 79873 of the tar; it begins at byte 79872$/],
  ],
  [
    'the size of a file',
    changeEntry('app/file-1', () => ({ uncompressedSize: 24_999n })),
    [/^file "app\/file-1" at byte \d+ of the tar: its size is recorded as 24999; it is 25000$/],
  ],
  [
    'a size that reaches into the next file',
    changeEntry('app/file-1', () => ({ uncompressedSize: 26_000n })),
    [/^file "app\/file-1" at byte \d+ of the tar: its size is recorded as 26000; it is 25000$/],
  ],
  [
    'the name of a file',
    changeEntry('app/file-2', () => ({ name: Buffer.from('app/file-X') })),
    [
      /^file "app\/file-2" at byte \d+ of the tar: its name is recorded as "app\/file-X"; it is "app\/file-2"$/,
    ],
  ],
  [
    'the type of a file',
    changeEntry('app/file-2', () => ({ type: 'fifo' })),
    [/: its type is recorded as fifo; it is reg$/],
  ],
  [
    'the mode of a file',
    changeEntry('app/', () => ({ mode: 0o4755n })),
    [/^file "app\/" at byte 512 of the tar: its mode is recorded as 04755; it is 0755$/],
  ],
  [
    'the owner of a file',
    changeEntry('app/tagged', () => ({
      uid: 0,
      gid: 0,
      userName: Buffer.from('root'),
      groupName: Buffer.from('x'),
    })),
    [
      /: its uid is recorded as 0; it is 1000$/,
      /: its gid is recorded as 0; it is 1000$/,
      /: its owner is recorded as "root"; it is "somebody"$/,
      /: its group is recorded as "x"; it is ""$/,
    ],
  ],
  [
    'the modification time of a file',
    changeEntry('app/file-0', () => ({ modificationTime: '2023-11-14T22:13:21Z' })),
    [/: its modification time is recorded as 2023-11-14T22:13:21Z; it is 2023-11-14T22:13:20Z$/],
  ],
  [
    'a fraction of the modification time of a file',
    changeEntry('app/tagged', () => ({ modificationTime: '2023-11-14T22:13:20.5Z' })),
    [/: its modification time is recorded as 2023-11-14T22:13:20.5Z; it is 2023-11-14T22:13:20.25Z$/],
  ],
  [
    'an invalid modification time',
    changeEntry('app/tagged', () => ({ modificationTime: '' })),
    [/: its modification time is recorded as none; it is 2023-11-14T22:13:20.25Z$/],
  ],
  [
    'the target of a link',
    changeEntry('app/link', () => ({ linkName: Buffer.from('/etc/passwd') })),
    [/^file "app\/link" at byte \d+ of the tar: its link is recorded as "\/etc\/passwd"; it is "tagged"$/],
  ],
  [
    'the number of a device',
    changeEntry('app/file-0', () => ({ deviceMajor: 8n, deviceMinor: 1n })),
    [/: its device is recorded as 8:1; it is 0:0$/],
  ],
  [
    'an extended attribute that is dropped',
    changeEntry('app/tagged', ({ paxRecords }) => ({ paxRecords: paxRecords.slice(1) })),
    [
      /^file "app\/tagged" at byte 2048 of the tar: its extended attribute "SCHILY.xattr.user.color" is recorded as absent; it is "blue"$/,
    ],
  ],
  [
    'an extended attribute that is another',
    changeEntry('app/tagged', ({ paxRecords: [color, ...others] }) => ({
      paxRecords: [{ ...color!, value: Buffer.from('red') }, ...others],
    })),
    [/its extended attribute "SCHILY.xattr.user.color" is recorded as "red"; it is "blue"$/],
  ],
  [
    'a file that is missing',
    changeEntries((entries) => entries.filter((_, index) => index !== 4)),
    [/^file "app\/file-2", whose data begins at byte 54272 of the tar, is missing$/],
  ],
  [
    'the last file, which is missing',
    changeEntries((entries) => entries.slice(0, -1)),
    [/^file "app\/link", whose data begins at byte \d+ of the tar, is missing$/],
  ],
  [
    'a file that the tar does not have',
    changeEntries((entries) => [
      entries[0]!,
      { ...entries[0]!, name: Buffer.from('app/ghost'), uncompressedOffset: 1024 },
      ...entries.slice(1),
    ]),
    [
      /^file "app\/ghost": its data is recorded to begin at byte 1024 of the tar, where no file's data begins$/,
    ],
  ],
  [
    'a file right behind the end of another, where the header of the next one is',
    changeEntries((entries) =>
      entries.flatMap((entry, index) => {
        if (index !== 2) return [entry];
        const uncompressedOffset = entry.uncompressedOffset + 25_088;
        return [
          { ...entry, uncompressedSize: 25_088n },
          { ...entry, name: Buffer.from('app/ghost'), uncompressedOffset, uncompressedSize: 0n },
        ];
      }),
    ),
    [
      /^file "app\/file-0" at byte \d+ of the tar: its size is recorded as 25088; it is 25000$/,
      /^file "app\/ghost": its data is recorded to begin at byte \d+ of the tar, where no file's data begins$/,
    ],
  ],
];

const sizeDamage: readonly (readonly [string, Damage, readonly RegExp[]])[] = [
  [
    'the size of the layer',
    changeZtoc((ztoc) => ({ ...ztoc, compressedSize: ztoc.compressedSize - 1 })),
    [/^the layer's size is recorded as \d+ bytes; it is \d+$/],
  ],
  [
    'the size of the tar',
    changeZtoc((ztoc) => ({ ...ztoc, uncompressedSize: ztoc.uncompressedSize + 512 })),
    [/^the tar is recorded to end at byte 209408; it ends at byte 208896$/],
  ],
  [
    'the span size, against what the SOCI index says',
    changeZtoc((ztoc) => ({ ...ztoc, spans: { ...ztoc.spans, spanSizeBytes: 20_000 } })),
    [/^zTOC sha256:\w+ is annotated with spans of 30000 bytes, but its own span size is 20000$/],
  ],
  [
    'its end, which is cut off',
    { ztoc: (bytes) => bytes.subarray(0, bytes.length - 200) },
    [/^its zTOC sha256:\w+ cannot be read: ztoc: /],
  ],
  [
    'its digest',
    {
      sociIndex: ({ layers: [ztoc] }) => {
        ztoc!.digest = otherDigest;
      },
    },
    [/^its zTOC sha256:7{64} is missing$/],
  ],
  [
    'its size in the SOCI index',
    {
      sociIndex: ({ layers: [ztoc] }) => {
        ztoc!.size += 1;
      },
    },
    [/^its zTOC does not match its descriptor: content sha256:\w+: ends after \d+ of the \d+ bytes/],
  ],
  [
    'what it is at all',
    { ztoc: () => Buffer.from('hello') },
    [/^its zTOC sha256:\w+ cannot be read: ztoc: /],
  ],
];

describe('what is wrong with the zTOC of a gzip layer is named', () => {
  test.each([...checkpointDamage, ...fileDamage, ...sizeDamage])('%s', async (_, damage, sentences) => {
    const { status, problems } = await findDamage(damage);
    expect(status).toBe('invalid');
    expect(problems).toEqual(sentences.map((sentence) => expect.stringMatching(sentence)));
  });

  test('everything that is wrong with one zTOC, but at most twenty sentences of it', async () => {
    const damage = changeEntries((entries) =>
      entries.map((entry) => ({ ...entry, uid: 7, gid: 7, mode: 0n })),
    );
    const store = await makeIndexedImage('V2');
    await damageImage(store, damage);
    const [layer] = (await verify(store)).indexes[0]!.layers;
    // Three of each of eleven files.
    expect([layer!.problems.length, layer!.unlistedProblems]).toEqual([20, 13]);
    expect(layer!.problems.filter((problem) => problem.includes('"app/file-0"'))).toHaveLength(3);
  });
});

describe('what is wrong with the zTOC of a plain tar is named', () => {
  test.each<readonly [string, Damage, readonly RegExp[]]>([
    [
      'the digest of a span',
      changeZtoc((ztoc) => ({ ...ztoc, spanDigests: swapped([...ztoc.spanDigests], 1) })),
      [/^span 1 \(bytes 30000 to 60000 of the layer\)/, /^span 2 \(bytes 60000 to 90000 of the layer\)/],
    ],
    [
      'the size of the layer that is in spans',
      changeZtoc((ztoc) => ({ ...ztoc, spans: { ...ztoc.spans, layerBytes: 208_380 } as Ztoc['spans'] })),
      [/^its spans are recorded as 208380 bytes; the layer has 208896$/],
    ],
    [
      'the mode of a file',
      changeEntry('app/', () => ({ mode: 0n })),
      [/^file "app\/" at byte 512 of the tar: its mode is recorded as 00; it is 0755$/],
    ],
    [
      'the compression',
      {
        ztoc: (bytes) =>
          ztocOf(
            { ...tarLayer, descriptor: gzipLayer.descriptor, bytes: compress(packTar()) },
            settings,
          ).bytes.slice(0, bytes.length * 1000),
      },
      [/^the layer's compression is recorded as gzip; it is uncompressed$/],
    ],
  ])('%s', async (_, damage, sentences) => {
    const { status, problems } = await findDamage(damage, [tarLayer]);
    expect(status).toBe('invalid');
    expect(problems).toEqual(sentences.map((sentence) => expect.stringMatching(sentence)));
  });
});

describe('what does no harm is a warning', () => {
  test('files in another order', async () => {
    const damage = changeEntries((entries) => swapped(entries, 4));
    const { status, problems, warnings } = await findDamage(damage);
    expect({ status, problems }).toEqual({ status: 'valid', problems: [] });
    expect(warnings).toEqual([
      expect.stringMatching(
        /its files are not in the order of the tar, starting with file 4 \("app\/file-3"\)$/,
      ),
    ]);
  });

  test('times of another zone, and extended attributes in another order', async () => {
    const damage = changeEntry('app/tagged', ({ paxRecords }) => ({
      modificationTime: '2023-11-15T07:13:20.25+09:00',
      paxRecords: paxRecords.toReversed(),
    }));
    expect(await findDamage(damage)).toEqual({ status: 'valid', problems: [], warnings: [] });
  });

  test('a window that is wrong only where nothing refers to it', async () => {
    const damage = changeCheckpoint(0, ({ window }) => ({ window: flipped(window, 17) }));
    const { status, warnings } = await findDamage(damage);
    expect(status).toBe('valid');
    expect(warnings).toEqual([
      expect.stringMatching(
        /the window of checkpoint 0 differs from the data before it, starting at byte 17, but no data refers/,
      ),
      expect.stringMatching(/its 7 checkpoints differ from the 7 that this version creates, but each span/),
    ]);
  });
});

const random = createRandom(11);

/** A layer with its zTOC in a store, and what is found wrong. */
async function prove(
  layer: Blob,
  ztocs: readonly Blob[],
  compression: LayerCompression = 'gzip',
  leaveOut?: 'layer',
) {
  const store = new RecordingStore(new MemoryStore());
  for (const { descriptor, bytes } of leaveOut === 'layer' ? ztocs : [layer, ...ztocs]) {
    await store.pushBlob(descriptor, bytes);
  }
  const references = ztocs.map(({ descriptor: { digest, size } }) => ({ digest, size }));
  let bytesRead = 0;
  const proofs = await proveLayer(
    store,
    { layer: layer.descriptor, compression, ztocs: references },
    ownThread,
    (bytes) => (bytesRead += bytes),
  );
  const found = references.map((reference) => {
    const { findings } = proofs.get(ztocKey(reference))!;
    return { problems: findings.problems, warnings: findings.warnings };
  });
  return { found, bytesRead, layerReads: store.fetched(layer.descriptor.mediaType).length };
}

const ztocType = 'application/octet-stream';
const nothingWrong = { problems: [], warnings: [] };

describe('a layer', () => {
  test('is read once for two zTOCs of it', async () => {
    const ztocs = [ztocOf(gzipLayer, settings), ztocOf(gzipLayer, { ...settings, spanSizeBytes: 50_000 })];
    const { found, bytesRead, layerReads } = await prove(gzipLayer, ztocs);
    expect(found).toEqual([nothingWrong, nothingWrong]);
    expect({ bytesRead, layerReads }).toEqual({ bytesRead: gzipLayer.bytes.length, layerReads: 1 });
  });

  test('is read a second time for a third, so that a bounded number are in memory', async () => {
    const sizes = [30_000, 50_000, 70_000];
    const ztocs = sizes.map((spanSizeBytes) => ztocOf(gzipLayer, { ...settings, spanSizeBytes }));
    const { found, layerReads } = await prove(gzipLayer, ztocs);
    expect({ found, layerReads }).toEqual({ found: sizes.map(() => nothingWrong), layerReads: 2 });
  });

  test('is read again only to try checkpoints that are not ours', async () => {
    const good = decodeZtoc(ztocOf(gzipLayer, settings).bytes);
    const renamed = blobOf(encodeZtoc({ ...good, uncompressedSize: 1 }), ztocType);
    expect(await prove(gzipLayer, [renamed])).toMatchObject({ layerReads: 1 });
    if (good.spans.compression !== 'gzip') throw new Error('not gzip');
    const checkpoints = good.spans.checkpoints.map((one) => ({ ...one, window: new Uint8Array(32_768) }));
    const other = blobOf(encodeZtoc({ ...good, spans: { ...good.spans, checkpoints } }), ztocType);
    expect(await prove(gzipLayer, [other])).toMatchObject({ layerReads: 2 });
  });

  test('that is not there is recorded as so', async () => {
    const { found } = await prove(gzipLayer, [ztocOf(gzipLayer, settings)], 'gzip', 'layer');
    expect(found[0]!.problems).toEqual([
      expect.stringMatching(/^the layer itself cannot be read: blob sha256:\w+ is not in memory$/),
    ]);
  });

  test.each<readonly [string, Uint8Array, RegExp]>([
    [
      'whose gzip stream is damaged',
      flipped(gzipLayer.bytes, 20_000),
      /^the layer cannot have a zTOC: gzip: .* \(at byte \d+\)$/,
    ],
    [
      'whose gzip stream is cut off',
      gzipLayer.bytes.subarray(0, 40_000),
      /^the layer cannot have a zTOC: gzip: the stream ends in the middle \(at byte \d+\)$/,
    ],
    ['whose tar is invalid', compress(new Uint8Array(2000).fill(65)), /^the layer cannot have a zTOC: tar: /],
  ])('%s is recorded as so', async (_, bytes, sentence) => {
    const { found } = await prove(blobOf(bytes, ociTypes.gzip), [ztocOf(gzipLayer, settings)]);
    expect(found[0]!.problems).toEqual([expect.stringMatching(sentence)]);
  });

  test('whose zTOC the snapshotter would refuse, although it says what the tar says, is recorded as so', async () => {
    const tar = new TarWriter()
      .header({ name: 'folder/', type: '5', size: 5000 })
      .entry({ name: 'file' }, 'x')
      .end()
      .bytes();
    const layer = blobOf(tar, ociTypes.tar);
    const { found } = await prove(layer, [ztocOf(layer, settings)], 'uncompressed');
    expect(found[0]!.problems).toEqual([]);
    expect(found[0]!.warnings).toEqual([
      'file "file" begins before the previous one ends: the SOCI snapshotter refuses such a zTOC and unpacks the layer itself',
    ]);
  });

  test('with a zTOC that claims tiny spans does not fill the memory', async () => {
    // Each byte of the tar in a block of its own: spans of no bytes want a window of 32 KiB for each.
    const tar = new TarWriter().entry({ name: 'file' }, 'x'.repeat(2000)).end().bytes();
    const bits = new BitWriter();
    tar.forEach((byte, place) => bits.fixedBlock(Uint8Array.of(byte), place === tar.length - 1));
    const layer = blobOf(gzipMember(bits.toBytes(), tar), ociTypes.gzip);
    const honest = decodeZtoc(ztocOf(layer, settings).bytes);
    const lie = { ...honest, spans: { ...honest.spans, spanSizeBytes: 0 } };
    const { found } = await prove(layer, [blobOf(encodeZtoc(lie), ztocType)]);
    expect(found[0]!.problems).toEqual([
      expect.stringMatching(
        /^with its recorded span size of 0 bytes, it would have more than \d+ bytes; it has \d+$/,
      ),
    ]);
  });
});

describe('zTOCs of the reference', () => {
  const fixtures = join(__dirname, '..', 'fixtures');
  const { buildToolIdentifier, cases } = JSON.parse(readFileSync(join(fixtures, 'layers.json'), 'utf8')) as {
    buildToolIdentifier: string;
    cases: { name: string; file: string; mediaType: string; spanSize: number; ztoc?: { digest: string } }[];
  };
  const good = cases.filter(({ ztoc, spanSize }) => ztoc !== undefined && spanSize >= 4096);

  test('are there', () => {
    expect(good.length).toBeGreaterThan(80);
  });

  test.each(good.map((one) => [one.name, one] as const))(
    '%s: proved',
    async (_, { file, mediaType, spanSize, ztoc }) => {
      const layer = blobOf(readFileSync(join(fixtures, file)), mediaType);
      const compression = layerFormatOf(mediaType);
      if (compression !== 'gzip' && compression !== 'uncompressed') throw new Error(mediaType);
      const builder = createZtocBuilder({ compression, spanSizeBytes: spanSize, buildToolIdentifier });
      builder.push(layer.bytes);
      const built = blobOf(encodeZtoc(builder.finish()), ztocType);
      expect(built.descriptor.digest).toBe(ztoc!.digest);
      const { found } = await prove(layer, [built], compression);
      const overlaps = decodeZtoc(built.bytes).contents.findOverlap() !== undefined;
      expect(found[0]!.warnings.map((warning) => warning.includes('begins before'))).toEqual(
        overlaps ? [true] : [],
      );
    },
  );
});

describe('a zTOC with flipped bytes', () => {
  /** What a zTOC says, without the names of our own classes. */
  function meaningOf(ztoc: Ztoc): unknown {
    return { ...ztoc, contents: [...ztoc.contents] };
  }

  test('is detected, or yields the same contents', async () => {
    const layer = blobOf(compress(packTar(2)), ociTypes.gzip);
    const good = ztocOf(layer, settings);
    const counts = { found: 0, same: 0 };
    for (let round = 0; round < 300; round++) {
      const bytes = good.bytes.slice();
      // The windows are most of the bytes: half of the flips are elsewhere.
      const last = round % 2 === 0 ? bytes.length : 4000;
      const place = bytes.length - 1 - random.below(last);
      bytes[place]! ^= 1 << random.below(8);
      const flippedZtoc = blobOf(bytes, ztocType);
      const { found } = await prove(layer, [flippedZtoc]);
      if (found[0]!.problems.length + found[0]!.warnings.length > 0) {
        counts.found++;
        continue;
      }
      counts.same++;
      const meaning = meaningOf(decodeZtoc(bytes));
      expect({ round, place, meaning }).toEqual({ round, place, meaning: meaningOf(decodeZtoc(good.bytes)) });
    }
    expect(counts.found).toBeGreaterThan(150);
    expect(counts.same).toBeGreaterThan(0);
  });
});
