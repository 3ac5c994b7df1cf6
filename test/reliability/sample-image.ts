// A typical image, which is made again in every process: two platforms that share a layer, one layer of more than 1 MiB,
// a plain tar, an attestation. Also indexes it for these tests.
import { gzipSync } from 'node:zlib';
import type { ContentStore, ContentWriter } from '../../lambda-src/content/content-store.ts';
import type { Descriptor, Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import type { ImageOutcome } from '../../lambda-src/indexer/outcome.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import {
  type Blob,
  blobOf,
  linuxAmd64,
  linuxArm64,
  ociTypes,
  pushAttestation,
  pushImage,
  pushIndex,
} from '../helpers/images.ts';
import { createRandom, mixedBytes } from '../helpers/random.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import type { SociIndexVersion } from '../../lambda-src/core/soci-names.ts';

const random = createRandom(6);

/** A tar with a file that compresses well and one that does not. */
function tarOfFiles(name: string, mixedLength: number, noiseLength: number): Uint8Array {
  return new TarWriter()
    .entry({ name: `opt/${name}/text` }, mixedBytes(random, mixedLength))
    .entry({ name: `opt/${name}/media` }, noise(noiseLength))
    .end()
    .bytes();
}

function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = random.below(256);
  return bytes;
}

/** Compressed as fast as possible; the ratio does not matter here. */
function gzipOfFiles(name: string, mixedLength: number, noiseLength: number): Blob {
  return blobOf(gzipSync(tarOfFiles(name, mixedLength, noiseLength), { level: 1 }), ociTypes.gzip);
}

const sharedLayer = gzipOfFiles('shared', 300_000, 1_100_000);
const layersByPlatform: readonly (readonly Blob[])[] = [
  [sharedLayer, gzipOfFiles('amd64', 600_000, 100_000), gzipOfFiles('small', 20_000, 1_000)],
  [sharedLayer, blobOf(tarOfFiles('arm64', 50_000, 50_000), ociTypes.tar)],
];

/** The layer that is read first because it is the largest. */
export const largestLayer = sharedLayer.descriptor;

export const sourceTag = 'v1';
export const targetTag = 'v1-soci';

export interface SampleImage {
  readonly digest: Digest;
  readonly platforms: readonly Descriptor[];
}

export async function pushSampleImage(store: ContentWriter): Promise<SampleImage> {
  const platforms = [
    await pushImage(store, { platform: linuxAmd64, layers: layersByPlatform[0]! }),
    await pushImage(store, { platform: linuxArm64, layers: layersByPlatform[1]! }),
  ];
  const attestation = await pushAttestation(store, platforms[0]!);
  const digest = await pushIndex(store, [...platforms, attestation], { tag: sourceTag });
  return { digest, platforms };
}

/** Indexes the sample image: three layers at the same time, in spans small enough for each layer to have several. */
export function indexSampleImage(
  store: ContentStore,
  version: SociIndexVersion,
  signal?: AbortSignal,
): Promise<ImageOutcome> {
  return indexImage(
    store,
    { reference: sourceTag, tag: sourceTag },
    {
      version,
      missingPlatforms: 'refuse',
      minimumLayerSizeBytes: 0,
      spanSizeBytes: 262_144,
      buildToolIdentifier: 'a test',
      ...(version === 'V2' && { targetTag }),
      jobs: { ...ownThread, size: 3 },
      ...(signal && { signal }),
    },
  );
}
