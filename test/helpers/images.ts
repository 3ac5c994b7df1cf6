// Small handmade images, pushed to any content store. A plain one takes one line, and every part can differ from what a
// builder would write.
import type { ContentWriter } from '../../lambda-src/content/content-store.ts';
import {
  type Descriptor,
  type Digest,
  digestOf,
  type Platform,
} from '../../lambda-src/core/oci/descriptor.ts';
import { encodeIndex, encodeManifest } from '../../lambda-src/core/oci/manifest.ts';
import { createZtocBuilder } from '../../lambda-src/core/ztoc/ztoc-builder.ts';
import { encodeZtoc } from '../../lambda-src/core/ztoc/ztoc-encoder.ts';
import { gzipOf } from './gzip.ts';
import { TarWriter } from './tar-writer.ts';

export const ociTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  tar: 'application/vnd.oci.image.layer.v1.tar',
  foreign: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
} as const;

export const dockerTypes = {
  index: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  gzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;

const inTotoType = 'application/vnd.in-toto+json';
const ztocType = 'application/octet-stream';

/** A blob and its bytes. */
export interface Blob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

export type Annotations = Readonly<Record<string, string>>;

export function blobOf(bytes: Uint8Array, mediaType: string): Blob {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

/** A tar with one file, `etc/NAME`, that contains its own name. */
export function tarOf(name: string): Uint8Array {
  return new TarWriter()
    .entry({ name: `etc/${name}` }, name)
    .end()
    .bytes();
}

/** A gzip layer with one file. Different names give different digests. */
export function gzipLayer(name: string, mediaType: string = ociTypes.gzip): Blob {
  return blobOf(gzipOf(tarOf(name)), mediaType);
}

export function tarLayer(name: string): Blob {
  return blobOf(tarOf(name), ociTypes.tar);
}

export interface ImageParts {
  /** @default linux/amd64 */
  readonly platform?: Platform;
  /** @default one gzip layer */
  readonly layers?: readonly Blob[];
  readonly annotations?: Annotations;
  /** Labels in the config. */
  readonly labels?: Readonly<Record<string, unknown>>;
  /** Working directory in the config. */
  readonly workingDirectory?: string;
  /** @default the OCI media type */
  readonly types?: { readonly manifest: string; readonly config: string };
  readonly tag?: string;
}

export const linuxAmd64: Platform = { architecture: 'amd64', os: 'linux' };
export const linuxArm64: Platform = { architecture: 'arm64', os: 'linux' };

/** Pushes a single-platform image. @returns Its entry for an image index. */
export async function pushImage(store: ContentWriter, parts: ImageParts = {}): Promise<Descriptor> {
  const { platform = linuxAmd64, layers = [gzipLayer('a')], types = ociTypes, annotations, tag } = parts;
  const settings = {
    ...(parts.labels && { Labels: parts.labels }),
    ...(parts.workingDirectory !== undefined && { WorkingDir: parts.workingDirectory }),
  };
  const content = { ...platform, ...(Object.keys(settings).length > 0 && { config: settings }) };
  const config = blobOf(Buffer.from(JSON.stringify(content)), types.config);
  for (const { descriptor, bytes } of [config, ...layers]) await store.pushBlob(descriptor, bytes);
  return pushManifest(store, platform, config, layers, { mediaType: types.manifest, annotations, tag });
}

/** Pushes a BuildKit attestation of an image. @returns The entry, as BuildKit writes it. */
export async function pushAttestation(
  store: ContentWriter,
  { digest }: Descriptor,
  tag?: string,
): Promise<Descriptor> {
  const platform = { architecture: 'unknown', os: 'unknown' };
  const config = blobOf(Buffer.from(JSON.stringify(platform)), ociTypes.config);
  const statement = blobOf(
    Buffer.from(`{"subject":[{"digest":{"sha256":"${digest.slice(7)}"}}]}`),
    inTotoType,
  );
  for (const { descriptor, bytes } of [config, statement]) await store.pushBlob(descriptor, bytes);
  const entry = await pushManifest(store, platform, config, [statement], {
    mediaType: ociTypes.manifest,
    tag,
  });
  return {
    ...entry,
    annotations: {
      'vnd.docker.reference.digest': digest,
      'vnd.docker.reference.type': 'attestation-manifest',
    },
  };
}

async function pushManifest(
  store: ContentWriter,
  platform: Platform,
  config: Blob,
  layers: readonly Blob[],
  rest: { mediaType: string; annotations?: Annotations | undefined; tag?: string | undefined },
): Promise<Descriptor> {
  const { mediaType, annotations, tag } = rest;
  const manifest = encodeManifest({
    mediaType,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
    ...(annotations && { annotations }),
  });
  await store.pushManifest(manifest, tag);
  return { mediaType, digest: manifest.digest, size: manifest.bytes.length, platform };
}

export interface IndexParts {
  readonly tag?: string;
  /** @default the OCI media type */
  readonly mediaType?: string;
  readonly annotations?: Annotations;
}

/** Pushes an image index with these entries. */
export async function pushIndex(
  store: ContentWriter,
  entries: readonly Descriptor[],
  { tag, mediaType = ociTypes.index, annotations }: IndexParts = {},
): Promise<Digest> {
  const index = encodeIndex({ mediaType, manifests: entries, ...(annotations && { annotations }) });
  await store.pushManifest(index, tag);
  return index.digest;
}

/** The settings with which a layer's zTOC must have been made. */
export interface ZtocSettings {
  readonly spanSizeBytes: number;
  readonly buildToolIdentifier: string;
}

/** A layer's zTOC, as test/core/ztoc compares it with the reference's. */
export function ztocOf(layer: Blob, settings: ZtocSettings): Blob {
  const compression = layer.descriptor.mediaType.includes('gzip') ? 'gzip' : 'uncompressed';
  const builder = createZtocBuilder({ compression, ...settings });
  builder.push(layer.bytes);
  return blobOf(encodeZtoc(builder.finish()), ztocType);
}
