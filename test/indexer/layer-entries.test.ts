import { describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { ContentMismatchError } from '../../lambda-src/core/errors.ts';
import type { LayerContent } from '../../lambda-src/core/fidelity/stack-judgement.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { HeldZtocs, readEntriesOfLayer, readEntriesOfZtoc } from '../../lambda-src/indexer/layer-entries.ts';
import { zstdFrame } from '../helpers/zstd.ts';
import { type Blob, blobOf, gzipLayer, ociTypes, tarLayer, tarOf, ztocOf } from '../helpers/images.ts';

const mebibyte = 1024 * 1024;

function namesIn(content: LayerContent): readonly string[] | undefined {
  if (content.kind !== 'entries') return undefined;
  const { entries } = content;
  return Array.from({ length: entries.length }, (_, place) => Buffer.from(entries.at(place).name).toString());
}

/** A store that delivers blobs in pieces of this size. */
class SlowStore extends MemoryStore {
  pieceBytes = Infinity;

  override async *fetchBlob(...args: Parameters<MemoryStore['fetchBlob']>) {
    for await (const piece of super.fetchBlob(...args)) {
      for (let start = 0; start < piece.length; start += this.pieceBytes) {
        yield piece.subarray(start, start + this.pieceBytes);
      }
    }
  }
}

async function read(
  layer: Blob,
  { maximumBytes = 1_000_000, pieceBytes = Infinity, store = new SlowStore() } = {},
) {
  store.pieceBytes = pieceBytes;
  await store.pushBlob(layer.descriptor, layer.bytes);
  let bytesRead = 0;
  const onBytes = (bytes: number) => {
    bytesRead += bytes;
  };
  const content = await readEntriesOfLayer(store, layer.descriptor, maximumBytes, onBytes, undefined);
  return { kind: content.kind, names: namesIn(content), bytesRead };
}

describe('the entries of a layer without a zTOC', () => {
  const layers: readonly (readonly [string, Blob])[] = [
    ['gzip', gzipLayer('a')],
    ['a plain tar', tarLayer('a')],
    ['zstd', blobOf(zstdFrame(tarOf('a')), ociTypes.zstd)],
    // The media type does not matter, only the first bytes.
    ['gzip that is called zstd', gzipLayer('a', ociTypes.zstd)],
  ];

  test.each(layers)('are read in pieces of any size: %s', async (_, layer) => {
    for (const pieceBytes of [Infinity, 1, 3, 7]) {
      expect(await read(layer, { pieceBytes })).toEqual({
        kind: 'entries',
        names: ['etc/a'],
        bytesRead: layer.bytes.length,
      });
    }
  });

  test.each<readonly [string, Blob, string]>([
    ['is damaged gzip', blobOf(Buffer.from([0x1f, 0x8b, 0x08, 0, 1, 2, 3]), ociTypes.gzip), 'not-unpackable'],
    ['is truncated gzip', blobOf(gzipLayer('a').bytes.subarray(0, -9), ociTypes.gzip), 'not-unpackable'],
    ['is truncated zstd', blobOf(zstdFrame(tarOf('a')).subarray(0, -9), ociTypes.zstd), 'not-unpackable'],
  ])('are unknown if it %s', async (_, layer, kind) => {
    for (const pieceBytes of [Infinity, 1]) {
      expect(await read(layer, { pieceBytes })).toEqual({
        kind,
        names: undefined,
        bytesRead: layer.bytes.length,
      });
    }
  });

  test.each([
    [17, 0, 'entries'],
    [17, 1, 'unreadable'],
    [20, 0, 'unreadable'],
    [21, 0, 'unreadable'],
    [31, 7, 'unreadable'],
  ] as const)(
    'are unknown if the window of zstd is larger than 128 MiB: %d, %d',
    async (exponent, eighths, kind) => {
      const tar = tarOf('a');
      const half = tar.length / 2;
      // A frame of its own for each half.
      const frames = [
        zstdFrame(tar.subarray(0, half)),
        zstdFrame(tar.subarray(half), { window: [exponent, eighths] }),
      ];
      const layer = blobOf(Buffer.concat(frames), ociTypes.zstd);
      for (const pieceBytes of [Infinity, 100]) {
        expect(await read(layer, { pieceBytes })).toMatchObject({ kind, bytesRead: layer.bytes.length });
      }
    },
  );

  test('are unknown if a zTOC of the layer would be larger than the limit, but all bytes are read', async () => {
    const layer = tarLayer('a');
    const limits = Array.from({ length: 60 }, (_, index) => 10 * index);
    const kinds: string[] = [];
    for (const maximumBytes of limits) {
      const { kind, bytesRead } = await read(layer, { maximumBytes });
      expect(bytesRead).toBe(layer.bytes.length);
      kinds.push(kind);
    }
    const first = kinds.indexOf('entries');
    expect(first).toBeGreaterThan(1);
    expect(kinds).toEqual(limits.map((_, index) => (index < first ? 'unreadable' : 'entries')));
  });

  test('are unknown if it is missing, because a foreign layer is stored elsewhere', async () => {
    const { descriptor } = gzipLayer('a');
    const missing = readEntriesOfLayer(new MemoryStore(), descriptor, 1_000_000, () => undefined, undefined);
    expect(await missing).toEqual({ kind: 'unreadable' });
  });

  test('are not used if it does not match its descriptor, or the store fails', async () => {
    const layer = gzipLayer('a');
    const store = new SlowStore();
    await store.pushBlob(layer.descriptor, layer.bytes);
    const longer = { ...layer.descriptor, size: layer.descriptor.size + 1 };
    await expect(readEntriesOfLayer(store, longer, 1_000_000, () => undefined, undefined)).rejects.toThrow(
      ContentMismatchError,
    );
    store.fetchBlob = () => {
      throw new Error('status 500');
    };
    await expect(
      readEntriesOfLayer(store, layer.descriptor, 1_000_000, () => undefined, undefined),
    ).rejects.toThrow('status 500');
  });
});

describe('zTOCs in memory', () => {
  const settings = { spanSizeBytes: 65_536, buildToolIdentifier: 'a test' };
  const { descriptor, bytes } = ztocOf(gzipLayer('a'), settings);
  const filler = digestOf(Buffer.from('filler'));

  /** Whether the zTOC is held after these were added before it. */
  async function isHeldAfter(...sizes: readonly number[]): Promise<boolean> {
    const held = new HeldZtocs();
    for (const [index, size] of sizes.entries()) {
      held.add(digestOf(Buffer.from(`${index}`)), new Uint8Array(size));
    }
    held.add(descriptor.digest, bytes);
    return held.read(new MemoryStore(), descriptor, undefined).then(
      () => true,
      () => false,
    );
  }

  test('take at most 8 MiB', async () => {
    const roomBytes = 8 * mebibyte - bytes.length;
    expect(await isHeldAfter(roomBytes)).toBe(true);
    expect(await isHeldAfter(roomBytes + 1)).toBe(false);
    expect(await isHeldAfter(roomBytes - 5, 5)).toBe(true);
    expect(await isHeldAfter(roomBytes - 5, 6)).toBe(false);
    // One that does not fit takes no room.
    expect(await isHeldAfter(9 * mebibyte)).toBe(true);
  });

  test('take room once, however often they are added', async () => {
    const held = new HeldZtocs();
    for (let time = 0; time < 3; time++) held.add(filler, new Uint8Array(4 * mebibyte));
    held.add(descriptor.digest, bytes);
    expect((await held.read(new MemoryStore(), descriptor, undefined)).contents).toHaveLength(1);
  });

  test('do not change with the buffer that they came from', async () => {
    const buffer = Buffer.concat([new Uint8Array(10), bytes, new Uint8Array(10)]);
    const held = new HeldZtocs();
    held.add(descriptor.digest, buffer.subarray(10, -10));
    buffer.fill(0);
    const content = await readEntriesOfZtoc(new MemoryStore(), descriptor, held, undefined);
    expect(namesIn(content)).toEqual(['etc/a']);
    expect(content).toMatchObject({ kind: 'entries', screening: { differs: false, hasWhiteouts: false } });
  });

  test('are read from the store if they are not held', async () => {
    const store = new MemoryStore();
    await store.pushBlob(descriptor, bytes);
    expect((await new HeldZtocs().read(store, descriptor, undefined)).contents).toHaveLength(1);
  });
});
