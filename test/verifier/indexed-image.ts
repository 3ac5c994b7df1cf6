// An image that the real indexer has indexed in a memory store, and ways to damage one part of it. References to the
// damaged part are updated, so that nothing else is wrong.
import { gzipSync } from 'node:zlib';
import type { ContentStore } from '../../lambda-src/content/content-store.ts';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { type Digest, digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import type { TarEntry } from '../../lambda-src/core/tar/entry.ts';
import { PackedEntries } from '../../lambda-src/core/tar/packed-entries.ts';
import { decodeZtoc } from '../../lambda-src/core/ztoc/ztoc-decoder.ts';
import { encodeZtoc } from '../../lambda-src/core/ztoc/ztoc-encoder.ts';
import type { Ztoc } from '../../lambda-src/core/ztoc/ztoc.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import type { ImageVerdict } from '../../lambda-src/verifier/verdict.ts';
import { verifyImage, type VerifyImageOptions } from '../../lambda-src/verifier/verify-image.ts';
import { type Blob, blobOf, ociTypes, pushImage } from '../helpers/images.ts';
import { createRandom, mixedBytes } from '../helpers/random.ts';
import { paxRecord, TarWriter } from '../helpers/tar-writer.ts';
import type { SociIndexVersion } from '../../lambda-src/core/soci-names.ts';

export const settings = { spanSizeBytes: 30_000, buildToolIdentifier: 'a test' };

/** Files that begin in several spans, one of them with an extended attribute. */
export function packTar(files = 8): Uint8Array {
  const random = createRandom(3);
  const writer = new TarWriter()
    .entry({ name: 'app/', type: '5', mode: 0o755 })
    .pax(paxRecord('SCHILY.xattr.user.color', 'blue'), paxRecord('mtime', '1700000000.25'))
    .entry({ name: 'app/tagged', uid: 1000, gid: 1000, userName: 'somebody' }, 'hello');
  for (let file = 0; file < files; file++) {
    writer.entry({ name: `app/file-${file}`, mtime: 1_700_000_000 + file }, mixedBytes(random, 25_000));
  }
  return writer.entry({ name: 'app/link', type: '2', linkName: 'tagged' }).end().bytes();
}

/** Small blocks, so that spans end inside bytes. */
export function compress(tar: Uint8Array): Uint8Array {
  return new Uint8Array(gzipSync(tar, { memLevel: 2 }));
}

export const gzipLayer: Blob = blobOf(compress(packTar()), ociTypes.gzip);
export const tarLayer: Blob = blobOf(packTar(), ociTypes.tar);

/** An image with these layers at the tag `v1`, indexed with V1, or with V2 at the tag `v1-soci`. */
export async function makeIndexedImage(
  version: SociIndexVersion,
  layers: readonly Blob[] = [gzipLayer],
): Promise<MemoryStore> {
  const store = new MemoryStore();
  await pushImage(store, { layers, tag: 'v1' });
  const outcome = await indexImage(
    store,
    { reference: 'v1', tag: 'v1' },
    {
      ...settings,
      version,
      missingPlatforms: 'refuse',
      minimumLayerSizeBytes: 0,
      ...(version === 'V2' && { targetTag: 'v1-soci' }),
      jobs: ownThread,
    },
  );
  if (outcome.status !== 'indexed') throw new Error(outcome.status);
  return store;
}

export function verify(
  store: ContentStore,
  reference = 'v1-soci',
  options: Partial<VerifyImageOptions> = {},
): Promise<ImageVerdict> {
  return verifyImage(store, reference, { minimumLayerSizeBytes: 0, jobs: ownThread, ...options });
}

/** All problems of an image, its indexes and their layers, in the order of the report. */
export function problemsOf({ indexes }: ImageVerdict): readonly string[] {
  return indexes.flatMap(({ problems, layers }) => [
    ...problems,
    ...layers.flatMap((layer) => layer.problems),
  ]);
}

export interface JsonDescriptor {
  mediaType: string;
  digest: Digest;
  size: number;
  annotations?: Record<string, string>;
  platform?: Record<string, unknown>;
  artifactType?: string;
}

export interface JsonManifest {
  mediaType: string;
  config: JsonDescriptor;
  layers: JsonDescriptor[];
  subject?: JsonDescriptor;
  annotations: Record<string, string>;
  manifests: JsonDescriptor[];
}

/** What is changed. */
export interface Damage {
  /** The first zTOC of the SOCI index. */
  readonly ztoc?: (bytes: Uint8Array) => Uint8Array;
  readonly sociIndex?: (manifest: JsonManifest) => void;
  /** @default compact, as the SOCI tools write */
  readonly writeSociIndex?: (manifest: JsonManifest) => string;
  readonly manifest?: (manifest: JsonManifest) => void;
  readonly index?: (index: JsonManifest) => void;
}

/** Damages the single-platform image at `v1-soci`. */
export async function damageImage(store: ContentStore, damage: Damage): Promise<void> {
  const index = await readJson(store, 'v1-soci');
  const [imageEntry, sociEntry] = index.manifests as [JsonDescriptor, JsonDescriptor];
  const sociIndex = await readJson(store, sociEntry.digest);
  if (damage.ztoc !== undefined) {
    const [described] = sociIndex.layers as [JsonDescriptor];
    const ztoc = blobOf(damage.ztoc(await readBlob(store, described)), described.mediaType);
    await store.pushBlob(ztoc.descriptor, ztoc.bytes);
    described.digest = ztoc.descriptor.digest;
    described.size = ztoc.descriptor.size;
  }
  damage.sociIndex?.(sociIndex);
  const writeSociIndex = damage.writeSociIndex ?? JSON.stringify;
  const newSoci = await pushText(store, writeSociIndex(sociIndex), sociIndex.mediaType);

  const manifest = await readJson(store, imageEntry.digest);
  manifest.annotations['com.amazon.soci.index-digest'] = newSoci.digest;
  imageEntry.annotations!['com.amazon.soci.index-digest'] = newSoci.digest;
  damage.manifest?.(manifest);
  const newManifest = await pushText(store, JSON.stringify(manifest), manifest.mediaType);

  Object.assign(sociEntry, newSoci);
  Object.assign(imageEntry, newManifest);
  sociEntry.annotations!['com.amazon.soci.image-manifest-digest'] = newManifest.digest;
  damage.index?.(index);
  await pushText(store, JSON.stringify(index), index.mediaType, 'v1-soci');
}

/** @returns The problems and warnings for an image that was indexed with V2 and then damaged. */
export async function findDamage(
  damage: Damage,
  layers: readonly Blob[] = [gzipLayer],
  options: Partial<VerifyImageOptions> = {},
): Promise<{
  readonly status: string;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}> {
  const store = await makeIndexedImage('V2', layers);
  await damageImage(store, damage);
  const verdict = await verify(store, 'v1-soci', options);
  return { status: verdict.status, problems: problemsOf(verdict), warnings: verdict.warnings };
}

/** Reads a zTOC, changes it, and writes it again. */
export function changeZtoc(change: (ztoc: Ztoc) => Ztoc): Damage {
  return { ztoc: (bytes) => encodeZtoc(change(decodeZtoc(bytes))) };
}

/** A zTOC with different files. */
export function changeEntries(change: (entries: TarEntry[]) => TarEntry[]): Damage {
  return changeZtoc((ztoc) => {
    const contents = new PackedEntries();
    for (const entry of change([...ztoc.contents])) contents.add(entry);
    return { ...ztoc, contents };
  });
}

export async function readJson(store: ContentStore, reference: string): Promise<JsonManifest> {
  return JSON.parse(Buffer.from((await store.fetchManifest(reference)).bytes).toString()) as JsonManifest;
}

async function readBlob(
  store: ContentStore,
  { mediaType, digest, size }: JsonDescriptor,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.fetchBlob({ mediaType, digest, size })) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function pushText(
  store: ContentStore,
  text: string,
  mediaType: string,
  tag?: string,
): Promise<{ digest: Digest; size: number }> {
  const bytes = Buffer.from(text);
  await store.pushManifest({ mediaType, digest: digestOf(bytes), bytes }, tag);
  return { digest: digestOf(bytes), size: bytes.length };
}
