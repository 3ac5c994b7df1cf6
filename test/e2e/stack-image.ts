// The image that the applied stack indexes: two platforms, BuildKit's attestations, and a layer worth an index.
import { createCipheriv } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { ContentStore } from '../../lambda-src/content/content-store.ts';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import {
  type Blob,
  blobOf,
  gzipLayer,
  linuxAmd64,
  linuxArm64,
  ociTypes,
  pushAttestation,
  pushImage,
  pushIndex,
} from '../helpers/images.ts';
import { TarWriter } from '../helpers/tar-writer.ts';

export interface StackImage {
  readonly digest: Digest;
  /** Shared by both platforms. It is over 10 MiB and has several spans. */
  readonly largeLayer: Blob;
  /** The files in the large layer. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** The module's default minimum layer size in compressed bytes: 10 MiB. */
const largeFileBytes = 11 * 1024 * 1024;

/** @param name Different names give different images. */
export async function pushStackImage(store: ContentStore, tag: string, name: string): Promise<StackImage> {
  const files = new Map<string, Uint8Array>([
    ['etc/first', Buffer.from(`the first file of ${name}`)],
    ['usr/lib/large', makeNoise(largeFileBytes, name)],
    ['etc/last', Buffer.from(`the last file of ${name}`)],
  ]);
  const tar = new TarWriter();
  for (const [path, content] of files) tar.entry({ name: path, mode: '0000644' }, content);
  const largeLayer = blobOf(gzipSync(tar.end().bytes(), { level: 1 }), ociTypes.gzip);

  const platforms = [];
  for (const platform of [linuxAmd64, linuxArm64]) {
    const layers = [largeLayer, gzipLayer(`${name}-${platform.architecture}`)];
    platforms.push(await pushImage(store, { platform, layers }));
  }
  const attestation = await pushAttestation(store, platforms[0]!);
  return { digest: await pushIndex(store, [...platforms, attestation], { tag }), largeLayer, files };
}

/** Incompressible bytes, always the same for a seed. */
function makeNoise(bytes: number, seed: string): Uint8Array {
  const key = Buffer.alloc(16, seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}
