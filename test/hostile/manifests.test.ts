// Images that demand more than they are worth. Wrong types, repeated names, paths as digests, endlessly nested JSON and
// damage of all kinds are tested with the parsers (test/core/oci, test/core/soci) and by the fuzzer (test/fuzz).
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { ContentMismatchError, FormatError } from '../../lambda-src/core/errors.ts';
import { type Descriptor, type Digest, digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeManifest, parseIndex, parseManifest } from '../../lambda-src/core/oci/manifest.ts';
import { formatPlatform } from '../../lambda-src/core/oci/platform.ts';
import { encodeSociIndex, sociConfigBytes, sociConfigOf } from '../../lambda-src/core/soci/soci-index.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import type { ImageSource, IndexImageOptions } from '../../lambda-src/indexer/index-options.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { cpuCostOf } from '../helpers/cpu-cost.ts';
import { blobOf, gzipLayer, linuxAmd64, ociTypes, pushImage, pushIndex } from '../helpers/images.ts';
import { gzipOf } from '../helpers/gzip.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import { RecordingStore } from '../helpers/recording-store.ts';

const megabyte = 1_000_000;
const options: IndexImageOptions = {
  version: 'V2',
  missingPlatforms: 'refuse',
  minimumLayerSizeBytes: 0,
  spanSizeBytes: 4_194_304,
  buildToolIdentifier: 'test',
  targetTag: 'v1-soci',
  jobs: ownThread,
};
const source: ImageSource = { reference: 'v1', tag: 'v1' };

/** Counts every fetch of a manifest, including repeated ones. */
class CountingStore extends RecordingStore {
  readonly manifestsFetched: string[] = [];

  override fetchManifest(reference: string, signal?: AbortSignal) {
    this.manifestsFetched.push(reference);
    return super.fetchManifest(reference, signal);
  }
}

describe('huge JSON', () => {
  const pad = (text: string): Buffer => Buffer.from(text);
  const largest = 4 * 1024 * 1024 - 100;

  test.each<readonly [string, Buffer]>([
    ['nested lists', pad('['.repeat(largest))],
    ['nested objects', pad('{"a":'.repeat(largest / 5))],
    ['a list of numbers', pad(`{"layers":[${'0,'.repeat(largest / 2)}0]}`)],
    ['a list of strings', pad(`{"layers":[${'"",'.repeat(largest / 3)}""]}`)],
    ['a million unknown fields', pad(`{${'"a":0,'.repeat(largest / 6)}"b":0}`)],
    ['one field repeated endlessly', pad(`{${'"layers":0,'.repeat(largest / 11)}"b":0}`)],
    ['one string', pad(`"${'a'.repeat(largest)}"`)],
    ['one string of escapes', pad(`"${'\\n'.repeat(largest / 2)}"`)],
    ['one string of invalid UTF-8', Buffer.concat([pad('"'), Buffer.alloc(largest, 0xff), pad('"')])],
    ['one number', pad('1'.repeat(largest))],
    ['white space', pad(' '.repeat(largest))],
    ['a field name of one megabyte', pad(`{"schemaVersion":2,"${'x'.repeat(megabyte)}":1,"config":3}`)],
    ['a value of one megabyte', pad(`{"schemaVersion":2,"mediaType":"${'x'.repeat(megabyte)}","config":3}`)],
  ])('is rejected within seconds, with a short message: %s', (_, bytes) => {
    let message = '';
    const cost = cpuCostOf(() => {
      try {
        parseManifest(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        message = (error as Error).message;
      }
    });
    expect(message).toMatch(/^manifest: /);
    expect(message.length).toBeLessThan(5000);
    expect(cost).toBeLessThan(100);
  });
});

describe('an image index', () => {
  test('is rejected inside another one (one that contains itself is impossible)', async () => {
    const store = new MemoryStore();
    const inner = await pushIndex(store, [await pushImage(store)]);
    const entry: Descriptor = { mediaType: ociTypes.index, digest: inner, size: 10, platform: linuxAmd64 };
    await pushIndex(store, [entry], { tag: 'v1' });
    await expect(indexImage(store, source, options)).rejects.toThrow(
      `manifests[0] (${inner}) is an image index within an image index, which is not supported`,
    );
  });

  test('is rejected and not followed if an entry declares it as a manifest', async () => {
    const store = new MemoryStore();
    const inner = await pushIndex(store, [await pushImage(store)]);
    await pushIndex(
      store,
      [{ mediaType: ociTypes.manifest, digest: inner, size: 10, platform: linuxAmd64 }],
      {
        tag: 'v1',
      },
    );
    await expect(indexImage(store, source, options)).rejects.toThrow(
      /expected the manifest of an image, found an index/,
    );
  });

  test('with hundreds of entries for one manifest is read with one fetch of that manifest', async () => {
    const store = new CountingStore(new MemoryStore());
    const image = await pushImage(store);
    const entries = Array.from({ length: 400 }, (_, index) => ({
      ...image,
      platform: { ...linuxAmd64, variant: `x${index}` },
    }));
    await pushIndex(store, entries, { tag: 'v1' });
    await indexImage(store, source, options);
    expect(store.manifestsFetched.filter((reference) => reference === image.digest)).toHaveLength(1);
  });

  test('is rejected before its manifests fill the memory', async () => {
    const store = new CountingStore(new MemoryStore());
    const config = blobOf(Buffer.from(JSON.stringify(linuxAmd64)), ociTypes.config);
    await store.pushBlob(config.descriptor, config.bytes);
    const entries: Descriptor[] = [];
    for (let index = 0; index < 20; index++) {
      const annotations = { [`padding ${index}`]: 'x'.repeat(4_000_000) };
      const manifest = encodeManifest({ config: config.descriptor, layers: [], annotations });
      await store.pushManifest(manifest);
      const { digest, bytes } = manifest;
      const platform = { ...linuxAmd64, variant: `x${index}` };
      entries.push({ mediaType: ociTypes.manifest, digest, size: bytes.length, platform });
    }
    const digest = await pushIndex(store, entries, { tag: 'v1' });
    await expect(indexImage(store, source, options)).rejects.toThrow(
      `manifest: the manifests of the image index ${digest} have more than 33554432 bytes`,
    );
    // The index itself, and nine manifests of four megabytes each.
    expect(store.manifestsFetched).toHaveLength(10);
  });

  test('may have any platform name, which is escaped for terminals', () => {
    const hostile = { os: '\u001b]0;owned\u0007', architecture: '\u009b2J', variant: 'x\ny' };
    expect(formatPlatform(hostile)).toBe('\\u001b]0;owned\\u0007/\\u009b2J/x\\ny');
    expect(formatPlatform({ os: 'linux', architecture: 'a'.repeat(megabyte) })).toHaveLength(201);
  });
});

describe('a descriptor', () => {
  test('with a false size fails the image', async () => {
    const store = new MemoryStore();
    const layer = gzipLayer('a');
    const lie = { ...layer.descriptor, size: layer.bytes.length + 1 };
    await store.pushBlob(layer.descriptor, layer.bytes);
    await pushManifestOf(store, [lie]);
    await expect(indexImage(store, source, options)).rejects.toThrow(ContentMismatchError);
  });

  test('of a config of 1 TiB is rejected before the config is read', async () => {
    const store = new MemoryStore();
    const config = { mediaType: ociTypes.config, digest: digestOf(Buffer.from('{}')), size: 2 ** 40 };
    await store.pushBlob({ ...config, size: 2 }, Buffer.from('{}'));
    await store.pushManifest(encodeManifest({ config, layers: [] }), 'v1');
    await expect(indexImage(store, source, options)).rejects.toThrow(
      /its size is 1099511627776 bytes, more than the maximum of 4194304/,
    );
  });

  test.each([
    'sha256:../../../../etc/passwd',
    `sha256:${'A'.repeat(64)}`,
    `sha512:${'a'.repeat(128)}`,
    '',
    'latest',
  ])('with the digest %p is invalid', (digest) => {
    const descriptor = { mediaType: ociTypes.manifest, digest, size: 1 };
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }));
    expect(() => parseIndex(bytes)).toThrow(FormatError);
  });

  describe('with URLs', () => {
    const requests: string[] = [];
    let server: Server;
    beforeEach(async () => {
      requests.length = 0;
      server = createServer((request, response) => {
        requests.push(request.url ?? '');
        response.end();
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    afterEach(() => {
      server.close();
    });

    test('causes no request, so a layer missing in the repository is missing', async () => {
      const store = new MemoryStore();
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/layer`;
      const foreign = { ...gzipLayer('f', ociTypes.foreign).descriptor, urls: [url, 'file:///etc/passwd'] };
      // In the root directory, so that the layer does not depend on the missing one.
      const tar = new TarWriter().entry({ name: 'a' }, 'x').end().bytes();
      const own = blobOf(gzipOf(tar), ociTypes.gzip);
      await store.pushBlob(own.descriptor, own.bytes);
      await pushManifestOf(store, [foreign, { ...own.descriptor, urls: [url] }]);
      const { indexes } = await indexImage(store, source, options);
      expect(indexes[0]!.layers.map(({ status }) => status)).toEqual(['skipped', 'indexed']);
      expect(requests).toEqual([]);
    });
  });
});

describe('false referrers', () => {
  const v1: IndexImageOptions = { ...options, version: 'V1' };

  /** The referrers that the store lists, whether or not they refer to the image. */
  class LyingStore extends CountingStore {
    said: readonly Descriptor[] = [];
    override listReferrers(): Promise<readonly Descriptor[]> {
      return Promise.resolve(this.said);
    }
  }

  async function pushSociIndex(store: LyingStore, subject: Digest, tool: string): Promise<Descriptor> {
    const index = encodeSociIndex({
      version: 'V1',
      layers: [],
      buildToolIdentifier: tool,
      subject: { mediaType: ociTypes.manifest, digest: subject, size: 1 },
    });
    await store.inner.pushBlob(sociConfigOf('V1'), sociConfigBytes);
    await store.inner.pushManifest(index);
    return { mediaType: index.mediaType, digest: index.digest, size: index.bytes.length };
  }

  test('do not prevent an index, because only manifests that really refer to the image count', async () => {
    const store = new LyingStore(new MemoryStore());
    const image = await pushImage(store, { tag: 'v1' });
    const nobody = digestOf(Buffer.from('another image'));
    store.said = [
      await pushSociIndex(store, nobody, 'somebody else'),
      // One is listed but missing, and one exists but is not a SOCI index.
      { mediaType: ociTypes.manifest, digest: nobody, size: 1 },
      image,
    ];
    expect(await indexImage(store, source, v1)).toMatchObject({ status: 'indexed', warnings: [] });
  });

  test('are told apart from true ones, which count', async () => {
    const store = new LyingStore(new MemoryStore());
    const image = await pushImage(store, { tag: 'v1' });
    store.said = [await pushSociIndex(store, image.digest, 'somebody else')];
    expect(await indexImage(store, source, v1)).toMatchObject({ status: 'already-indexed' });
  });

  test('are limited, so that thousands do not cause one request each', async () => {
    const store = new LyingStore(new MemoryStore());
    await pushImage(store, { tag: 'v1' });
    store.said = Array.from({ length: 5000 }, (_, index) => ({
      mediaType: ociTypes.manifest,
      digest: digestOf(Buffer.from(`${index}`)),
      size: 1,
    }));
    expect(await indexImage(store, source, v1)).toMatchObject({ status: 'indexed' });
    expect(store.manifestsFetched.length).toBeLessThan(110);
  });
});

/** Pushes an image with these layers, valid or not, at tag v1. */
async function pushManifestOf(store: MemoryStore, layers: readonly Descriptor[]): Promise<void> {
  const config = blobOf(Buffer.from(JSON.stringify(linuxAmd64)), ociTypes.config);
  await store.pushBlob(config.descriptor, config.bytes);
  await store.pushManifest(encodeManifest({ config: config.descriptor, layers }), 'v1');
}
