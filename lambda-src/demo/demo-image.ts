// An image for two platforms, pushed to a registry as a build tool would: real files, one layer that both platforms share,
// and one layer for each.
import type { ContentStore } from '../content/content-store.ts';
import { type Descriptor, type Digest, digestOf, type Platform } from '../core/oci/descriptor.ts';
import { encodeIndex, encodeManifest } from '../core/oci/manifest.ts';
import { ociConfigType } from '../core/oci/media-type.ts';
import { packLayer, type SampleFile } from './sample-layer.ts';

const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';

export interface DemoLayer {
  readonly descriptor: Descriptor;
  readonly files: readonly SampleFile[];
}

export interface DemoImage {
  readonly digest: Digest;
  readonly layers: readonly DemoLayer[];
  readonly platforms: readonly Platform[];
}

/** Packs and pushes the image, and tags it. */
export async function pushDemoImage(
  store: ContentStore,
  tag: string,
  shared: readonly SampleFile[],
  own: readonly SampleFile[],
): Promise<DemoImage> {
  const platforms: readonly Platform[] = [
    { os: 'linux', architecture: 'amd64' },
    { os: 'linux', architecture: 'arm64' },
  ];
  const sharedLayer = await pushLayer(store, shared);
  const half = Math.ceil(own.length / 2);
  const layers = [sharedLayer];
  const entries: Descriptor[] = [];
  for (const [index, platform] of platforms.entries()) {
    const layer = await pushLayer(store, own.slice(index * half, (index + 1) * half));
    layers.push(layer);
    entries.push(await pushPlatform(store, platform, [sharedLayer.descriptor, layer.descriptor]));
  }
  const index = encodeIndex({ manifests: entries });
  await store.pushManifest(index, tag);
  return { digest: index.digest, layers, platforms };
}

async function pushLayer(store: ContentStore, files: readonly SampleFile[]): Promise<DemoLayer> {
  return { descriptor: await pushBlob(store, layerType, await packLayer(files)), files };
}

async function pushPlatform(
  store: ContentStore,
  platform: Platform,
  layers: readonly Descriptor[],
): Promise<Descriptor> {
  const { os, architecture } = platform;
  const rootfs = { type: 'layers', diff_ids: [] };
  const configBytes = new TextEncoder().encode(JSON.stringify({ architecture, os, config: {}, rootfs }));
  const config = await pushBlob(store, ociConfigType, configBytes);
  const manifest = encodeManifest({ config, layers });
  await store.pushManifest(manifest);
  return { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length, platform };
}

async function pushBlob(store: ContentStore, mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  await store.pushBlob(descriptor, bytes);
  return descriptor;
}
