// Creates an image with given layers, as a layout directory or as a manifest only.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Descriptor, type Digest, digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { type EncodedManifest, encodeManifest } from '../../lambda-src/core/oci/manifest.ts';
import type { SampleLayer } from './sample-layers.ts';

export type DigestedLayer = Pick<SampleLayer, 'path' | 'compressedBytes'> & { readonly digest: Digest };

const types = {
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  config: 'application/vnd.oci.image.config.v1+json',
};

export async function digestFile(path: string): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    hash.update(piece as Buffer);
  return `sha256:${hash.digest('hex')}`;
}

interface SampleImage {
  readonly config: Uint8Array;
  readonly manifest: EncodedManifest;
}

export function describeImage(layers: readonly DigestedLayer[]): SampleImage {
  const config = Buffer.from(
    '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}',
  );
  const manifest = encodeManifest({
    config: { mediaType: types.config, digest: digestOf(config), size: config.length },
    layers: layers.map(({ digest, compressedBytes }): Descriptor => ({
      mediaType: types.layer,
      digest,
      size: compressedBytes,
    })),
  });
  return { config, manifest };
}

/** Writes an image as an OCI layout directory. The files of layers are linked, not copied. */
export async function writeLayout(folder: string, layers: readonly DigestedLayer[]): Promise<void> {
  const blobs = join(folder, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const blobPath = (digest: Digest) => join(blobs, digest.slice('sha256:'.length));
  for (const { path, digest } of layers) await link(path, blobPath(digest));
  const { config, manifest } = describeImage(layers);
  await writeFile(blobPath(digestOf(config)), config);
  await writeFile(blobPath(manifest.digest), manifest.bytes);
  const entry = {
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.bytes.length,
    platform: { architecture: 'amd64', os: 'linux' },
    annotations: { 'org.opencontainers.image.ref.name': 'latest' },
  };
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}
