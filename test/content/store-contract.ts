// The contract of every content store.
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  ImmutableTagError,
  NotFoundError,
  type ContentProbe,
  type ContentStore,
} from '../../lambda-src/content/content-store.ts';
import { ContentMismatchError } from '../../lambda-src/core/errors.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeIndex } from '../../lambda-src/core/oci/manifest.ts';
import {
  bytesOf,
  countedBytes,
  describeBlob,
  pushSample,
  readAll,
  sampleImage,
  sampleReferrer,
} from './sample-content.ts';

export interface StoreUnderTest {
  /** An empty store. */
  readonly store: ContentStore & ContentProbe;
  /** Whether a tag can never move. */
  readonly immutableTags?: boolean;
  /** @default true */
  readonly referrersApi?: boolean;
  close?(): Promise<void>;
}

const sociIndexType = 'application/vnd.amazon.soci.index.v1+json';

export function defineContentStoreContract(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`${name} meets the contract of a content store`, () => {
    let opened: StoreUnderTest | undefined;
    const openStore = async (): Promise<ContentStore & ContentProbe> => {
      opened = await makeStore();
      return opened.store;
    };
    afterEach(async () => {
      await opened?.close?.();
    });

    test.each([
      ['of no bytes', 0],
      ['of one byte', 1],
      ['of several pieces', 700_001],
    ])('returns a blob %s as it was pushed', async (_title, size) => {
      const store = await openStore();
      const content = countedBytes(size);
      await store.pushBlob(describeBlob(content), content);
      expect(Buffer.compare(await readAll(store.fetchBlob(describeBlob(content))), content)).toBe(0);
    });

    test('checks for a blob without reading it', async () => {
      const store = await openStore();
      const content = bytesOf('there');
      await store.pushBlob(describeBlob(content), content);
      expect(await store.hasBlob(describeBlob(content).digest)).toBe(true);
      expect(await store.hasBlob(describeBlob(bytesOf('not there')).digest)).toBe(false);
    });

    test('reports whether it lists referrers itself', async () => {
      const store = await openStore();
      const image = sampleImage('subject');
      await pushSample(store, image, 'v1');
      expect(await store.hasReferrersApi(image.manifest.digest)).toBe(opened?.referrersApi ?? true);
    });

    test('accepts a blob that is pushed again', async () => {
      const store = await openStore();
      const content = bytesOf('again');
      await store.pushBlob(describeBlob(content), content);
      await store.pushBlob(describeBlob(content), content);
      expect(await readAll(store.fetchBlob(describeBlob(content)))).toEqual(content);
    });

    test('does not find a missing blob', async () => {
      const store = await openStore();
      await pushSample(store, sampleImage('other'), 'other');
      await expect(readAll(store.fetchBlob(describeBlob(bytesOf('missing'))))).rejects.toThrow(NotFoundError);
    });

    test.each([
      ['longer', -1],
      ['shorter', 1],
    ])('fails before the last piece of a blob %s than its descriptor states', async (_title, difference) => {
      const store = await openStore();
      const content = countedBytes(1000);
      await store.pushBlob(describeBlob(content), content);
      const target = { ...describeBlob(content), size: content.length + difference };
      const pieces: Uint8Array[] = [];
      const read = async (): Promise<void> => {
        for await (const piece of store.fetchBlob(target)) pieces.push(piece);
      };
      await expect(read()).rejects.toThrow(ContentMismatchError);
      expect(Buffer.concat(pieces).length).toBeLessThan(Math.min(content.length, target.size));
    });

    test.each([
      ['a different digest', { digest: digestOf(bytesOf('else')), size: 4 }],
      ['a different size', { digest: digestOf(bytesOf('this')), size: 5 }],
    ])('rejects a blob with %s than its descriptor', async (_title, wrong) => {
      const store = await openStore();
      await pushSample(store, sampleImage('other'), 'other');
      const target = { mediaType: 'application/octet-stream', ...wrong };
      await expect(store.pushBlob(target, bytesOf('this'))).rejects.toThrow(ContentMismatchError);
      await expect(readAll(store.fetchBlob({ ...target, size: 4 }))).rejects.toThrow(NotFoundError);
    });

    test('returns a manifest by tag and by digest with the same bytes', async () => {
      const store = await openStore();
      const image = sampleImage('one');
      await pushSample(store, image, 'v1');
      for (const reference of ['v1', image.manifest.digest]) {
        const { mediaType, digest, bytes } = await store.fetchManifest(reference);
        expect({ mediaType, digest, text: Buffer.from(bytes).toString() }).toEqual({
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          digest: image.manifest.digest,
          text: Buffer.from(image.manifest.bytes).toString(),
        });
        expect(await store.resolve(reference)).toEqual({
          mediaType,
          digest,
          size: image.manifest.bytes.length,
        });
      }
    });

    test('gives no tag to a manifest pushed by digest', async () => {
      const store = await openStore();
      const image = sampleImage('untagged');
      await pushSample(store, image);
      expect((await store.fetchManifest(image.manifest.digest)).digest).toBe(image.manifest.digest);
      expect(await store.resolve('latest')).toBeUndefined();
    });

    test('keeps the type and bytes of a Docker manifest list', async () => {
      const store = await openStore();
      const image = sampleImage('listed');
      await pushSample(store, image);
      const mediaType = 'application/vnd.docker.distribution.manifest.list.v2+json';
      const { digest, bytes } = image.manifest;
      const list = encodeIndex({
        mediaType,
        manifests: [{ mediaType: image.manifest.mediaType, digest, size: bytes.length }],
      });
      await store.pushManifest(list, 'list');
      expect(await store.resolve('list')).toEqual({
        mediaType,
        digest: list.digest,
        size: list.bytes.length,
      });
      expect((await store.fetchManifest('list')).mediaType).toBe(mediaType);
    });

    test('resolves a missing reference to undefined, and fails to fetch it', async () => {
      const store = await openStore();
      await pushSample(store, sampleImage('other'), 'other');
      for (const reference of ['missing', digestOf(bytesOf('missing'))]) {
        expect(await store.resolve(reference)).toBeUndefined();
        await expect(store.fetchManifest(reference)).rejects.toThrow(NotFoundError);
      }
    });

    test('rejects a manifest with a wrong digest', async () => {
      const store = await openStore();
      const image = sampleImage('one');
      await pushSample(store, image, 'v1');
      const false1 = { ...sampleImage('two').manifest, digest: image.manifest.digest };
      await expect(store.pushManifest(false1, 'v2')).rejects.toThrow(ContentMismatchError);
      expect(await store.resolve('v2')).toBeUndefined();
    });

    test('accepts a manifest that is pushed again to its tag', async () => {
      const store = await openStore();
      const image = sampleImage('again');
      await pushSample(store, image, 'latest');
      await pushSample(store, image, 'latest');
      expect((await store.resolve('latest'))?.digest).toBe(image.manifest.digest);
    });

    test('moves a tag to the manifest pushed to it, or rejects the push if tags are immutable', async () => {
      const store = await openStore();
      const [first, second] = [sampleImage('first'), sampleImage('second')];
      await pushSample(store, first, 'latest');
      const moved = pushSample(store, second, 'latest');
      if (opened?.immutableTags === true) await expect(moved).rejects.toThrow(ImmutableTagError);
      else await moved;
      const expected = opened?.immutableTags === true ? first : second;
      expect((await store.resolve('latest'))?.digest).toBe(expected.manifest.digest);
      expect((await store.fetchManifest(first.manifest.digest)).digest).toBe(first.manifest.digest);
    });

    test('lists each referrer once with its type and annotations, and filters by type', async () => {
      const store = await openStore();
      const image = sampleImage('subject');
      await pushSample(store, image, 'v1');
      const soci = sampleReferrer(image.manifest, sociIndexType, { 'com.example.tool': 'a <b> & c' });
      const other = sampleReferrer(image.manifest, 'application/vnd.example+json', { order: '2' });
      for (const sample of [soci, other, soci]) await pushSample(store, sample);

      const described = [soci, other].map(({ manifest }, index) => ({
        mediaType: manifest.mediaType,
        digest: manifest.digest,
        size: manifest.bytes.length,
        annotations: index === 0 ? { 'com.example.tool': 'a <b> & c' } : { order: '2' },
        artifactType: index === 0 ? sociIndexType : 'application/vnd.example+json',
      }));
      const listed = await store.listReferrers(image.manifest.digest);
      expect(listed).toHaveLength(2);
      expect(listed).toEqual(expect.arrayContaining(described));
      expect(await store.listReferrers(image.manifest.digest, sociIndexType)).toEqual([described[0]]);
      expect(await store.listReferrers(image.manifest.digest, 'application/vnd.none')).toEqual([]);
    });

    test('lists no referrers for a manifest without any', async () => {
      const store = await openStore();
      const image = sampleImage('alone');
      await pushSample(store, image, 'v1');
      expect(await store.listReferrers(image.manifest.digest)).toEqual([]);
    });

    test('accepts an index as a referrer, with its artifact type', async () => {
      const store = await openStore();
      const image = sampleImage('subject');
      await pushSample(store, image, 'v1');
      const { mediaType, digest, bytes } = image.manifest;
      const index = encodeIndex({
        artifactType: 'application/vnd.example.index',
        manifests: [],
        subject: { mediaType, digest, size: bytes.length },
      });
      await store.pushReferrer(index);
      expect(await store.listReferrers(digest)).toEqual([
        {
          mediaType: 'application/vnd.oci.image.index.v1+json',
          digest: index.digest,
          size: index.bytes.length,
          artifactType: 'application/vnd.example.index',
        },
      ]);
    });

    test('fails with the reason if a read is aborted, and returns no bytes', async () => {
      const store = await openStore();
      const content = bytesOf('never read');
      await store.pushBlob(describeBlob(content), content);
      const reason = new Error('out of time');
      await expect(readAll(store.fetchBlob(describeBlob(content), AbortSignal.abort(reason)))).rejects.toBe(
        reason,
      );
    });
  });
}
