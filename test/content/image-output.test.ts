import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { NotFoundError } from '../../lambda-src/content/content-store.ts';
import { ImageOutput } from '../../lambda-src/content/image-output.ts';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeManifest } from '../../lambda-src/core/oci/manifest.ts';
import {
  blobOf,
  gzipLayer,
  linuxAmd64,
  linuxArm64,
  ociTypes,
  pushAttestation,
  pushImage,
  pushIndex,
} from '../helpers/images.ts';
import { openFilesIn } from '../helpers/open-files.ts';
import { RecordingStore } from '../helpers/recording-store.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import {
  countedBytes,
  describeBlob,
  pushSample,
  readAll,
  sampleImage,
  sampleReferrer,
} from './sample-content.ts';

const folder = makeTemporaryFolder();
let layouts = 0;
const newLayout = () => new LayoutStore(join(folder, `${layouts++}`));

describe('an image output', () => {
  test('contains the whole image: every platform, layer, config and attestation, each read once', async () => {
    const source = new MemoryStore();
    const shared = gzipLayer('shared');
    const amd64 = await pushImage(source, { platform: linuxAmd64, layers: [shared, gzipLayer('b')] });
    const arm64 = await pushImage(source, { platform: linuxArm64, layers: [shared, gzipLayer('c')] });
    const attestation = await pushAttestation(source, amd64);
    const digest = await pushIndex(source, [amd64, arm64, attestation], { tag: 'v1' });
    const recording = new RecordingStore(source);
    const destination = newLayout();
    const output = new ImageOutput(recording, destination);
    await readAll(output.fetchBlob(shared.descriptor));
    await output.addImage(await output.fetchManifest('v1'), 'v1');
    expect((await destination.fetchManifest('v1')).digest).toBe(digest);
    for (const entry of [amd64, arm64, attestation]) {
      const { bytes } = await destination.fetchManifest(entry.digest);
      expect(digestOf(bytes)).toBe(entry.digest);
    }
    for (const { descriptor, bytes } of [shared, gzipLayer('b'), gzipLayer('c')]) {
      expect(Buffer.compare(await readAll(destination.fetchBlob(descriptor)), bytes)).toBe(0);
    }
    const fetched = recording.events.flatMap((event) => (event.kind === 'fetch blob' ? [event.digest] : []));
    expect(new Set(fetched).size).toBe(fetched.length);
    expect((await destination.listImages()).map(({ tag }) => tag)).toEqual(['v1']);
  });

  test('does not keep a partially read blob', async () => {
    const source = new MemoryStore();
    const content = countedBytes(1000);
    await source.pushBlob(describeBlob(content), content);
    const destination = newLayout();
    const output = new ImageOutput(source, destination);
    for await (const piece of output.fetchBlob(describeBlob(content))) {
      expect(piece.length).toBe(1000);
      break;
    }
    expect(await destination.hasBlob(describeBlob(content).digest)).toBe(false);
    await readAll(output.fetchBlob(describeBlob(content)));
    expect(await destination.hasBlob(describeBlob(content).digest)).toBe(true);
  });

  test('accepts an empty blob', async () => {
    const source = new MemoryStore();
    const empty = new Uint8Array(0);
    await source.pushBlob(describeBlob(empty), empty);
    const destination = newLayout();
    await readAll(new ImageOutput(source, destination).fetchBlob(describeBlob(empty)));
    expect(await destination.hasBlob(describeBlob(empty).digest)).toBe(true);
  });

  test('omits a platform missing from the source, and a foreign layer stored elsewhere', async () => {
    const source = new MemoryStore();
    const there = await pushImage(source, { platform: linuxAmd64 });
    const missing = { ...there, digest: digestOf(countedBytes(9)), platform: linuxArm64 };
    const config = blobOf(Buffer.from(JSON.stringify(linuxAmd64)), ociTypes.config);
    const foreign = {
      ...gzipLayer('foreign').descriptor,
      mediaType: ociTypes.foreign,
      urls: ['https://example.com/layer'],
    };
    await source.pushBlob(config.descriptor, config.bytes);
    const manifest = encodeManifest({
      mediaType: ociTypes.manifest,
      config: config.descriptor,
      layers: [foreign],
    });
    await source.pushManifest(manifest);
    const windows = { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length };
    const digest = await pushIndex(source, [there, missing, windows], { tag: 'v1' });
    const destination = newLayout();
    const output = new ImageOutput(source, destination);
    await output.addImage(await output.fetchManifest('v1'), 'v1');
    expect((await destination.resolve('v1'))?.digest).toBe(digest);
    expect(await destination.resolve(missing.digest)).toBeUndefined();
    expect(await destination.hasBlob(foreign.digest)).toBe(false);
  });

  test('fails without listing the image if a layer is missing', async () => {
    const source = new MemoryStore();
    const config = blobOf(Buffer.from(JSON.stringify(linuxAmd64)), ociTypes.config);
    await source.pushBlob(config.descriptor, config.bytes);
    const manifest = encodeManifest({ config: config.descriptor, layers: [gzipLayer('gone').descriptor] });
    await source.pushManifest(manifest, 'v1');
    const destination = newLayout();
    const output = new ImageOutput(source, destination);
    await expect(output.addImage(await output.fetchManifest('v1'), 'v1')).rejects.toThrow(NotFoundError);
    expect(await destination.resolve('v1').catch(() => undefined)).toBeUndefined();
  });
});

describe('an image output with content in its destination', () => {
  const there = gzipLayer('there');
  const elsewhere = gzipLayer('elsewhere');

  async function prepare() {
    const source = new MemoryStore();
    const destination = newLayout();
    await source.pushBlob(elsewhere.descriptor, elsewhere.bytes);
    await destination.pushBlob(there.descriptor, there.bytes);
    return { source, destination, output: new ImageOutput(source, destination) };
  }

  test('reads a blob from there, although the source does not have it', async () => {
    const { output } = await prepare();
    expect(Buffer.compare(await readAll(output.fetchBlob(there.descriptor)), there.bytes)).toBe(0);
  });

  test('has the blobs of both, and no others', async () => {
    const { output } = await prepare();
    expect(await output.hasBlob(there.descriptor.digest)).toBe(true);
    expect(await output.hasBlob(elsewhere.descriptor.digest)).toBe(true);
    expect(await output.hasBlob(gzipLayer('nowhere').descriptor.digest)).toBe(false);
  });

  test('finds a manifest of either by its digest, and tags of the source only', async () => {
    const { source, destination, output } = await prepare();
    const ours = await pushImage(source, { tag: 'v1' });
    const theirs = await pushImage(destination, { platform: linuxArm64, tag: 'v2' });
    expect((await output.fetchManifest(ours.digest)).digest).toBe(ours.digest);
    expect((await output.fetchManifest(theirs.digest)).digest).toBe(theirs.digest);
    expect((await output.resolve('v1'))?.digest).toBe(ours.digest);
    expect(await output.resolve('v2')).toBeUndefined();
  });

  test('lists the referrers that the source has, of the wanted type', async () => {
    const { source, output } = await prepare();
    const image = sampleImage('one');
    await pushSample(source, image, 'v1');
    for (const type of ['application/vnd.a+json', 'application/vnd.b+json']) {
      await pushSample(source, sampleReferrer(image.manifest, type, {}));
    }
    expect(await output.listReferrers(image.manifest.digest)).toHaveLength(2);
    expect(
      (await output.listReferrers(image.manifest.digest, 'application/vnd.b+json')).map(
        ({ artifactType }) => artifactType,
      ),
    ).toEqual(['application/vnd.b+json']);
  });

  test('writes blobs and referrers there, with what they refer to, and nothing to the source', async () => {
    const { source, destination, output } = await prepare();
    const image = sampleImage('one');
    await pushSample(source, image, 'v1');
    const { manifest, blobs } = sampleReferrer(image.manifest, 'application/vnd.a+json', {});
    for (const blob of blobs) await output.pushBlob(describeBlob(blob), blob);
    await output.pushReferrer(manifest);
    expect(await destination.listReferrers(image.manifest.digest)).toHaveLength(1);
    expect((await destination.resolve(image.manifest.digest))?.digest).toBe(image.manifest.digest);
    for (const blob of image.blobs) expect(await destination.hasBlob(describeBlob(blob).digest)).toBe(true);
    expect(await source.listReferrers(image.manifest.digest)).toEqual([]);
    expect(await source.hasBlob(describeBlob(blobs[0]!).digest)).toBe(false);
  });

  test('leaves no file behind of a blob that was read in part', async () => {
    const { source, destination, output } = await prepare();
    const content = countedBytes(1000);
    await source.pushBlob(describeBlob(content), content);
    for await (const piece of output.fetchBlob(describeBlob(content))) {
      expect(piece.length).toBe(1000);
      break;
    }
    expect(readdirSync(join(destination.directory, 'blobs', 'sha256'))).toEqual([
      there.descriptor.digest.slice(7),
    ]);
    expect(openFilesIn(destination.directory)).toEqual([]);
  });
});
