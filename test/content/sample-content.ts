// Small images and referrers for store tests.
import { readLinks } from '../../lambda-src/content/referrer.ts';
import { digestOf, type Descriptor } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeManifest, type EncodedManifest } from '../../lambda-src/core/oci/manifest.ts';
import type { ContentWriter } from '../../lambda-src/content/content-store.ts';

export interface SampleManifest {
  readonly manifest: EncodedManifest;
  /** The blobs that the manifest refers to. */
  readonly blobs: readonly Uint8Array[];
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Bytes without repeated pieces, so that a repeated or misplaced piece changes the digest. */
export function countedBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++)
    bytes[index] = (index * 31 + (index >> 8) * 7 + (index >> 16)) & 0xff;
  return bytes;
}

export function describeBlob(content: Uint8Array, mediaType = 'application/octet-stream'): Descriptor {
  return { mediaType, digest: digestOf(content), size: content.length };
}

/** An image of one layer. A different text makes a different image. */
export function sampleImage(text: string): SampleManifest {
  const config = bytesOf(`{"architecture":"amd64","os":"linux","author":"${text}"}`);
  const layer = bytesOf(`layer of ${text}`);
  const manifest = encodeManifest({
    config: describeBlob(config, 'application/vnd.oci.image.config.v1+json'),
    layers: [describeBlob(layer, 'application/vnd.oci.image.layer.v1.tar+gzip')],
  });
  return { manifest, blobs: [config, layer] };
}

/** A manifest with a subject. Its type is its config's media type, as in a SOCI index V1. */
export function sampleReferrer(
  subject: EncodedManifest,
  configType: string,
  annotations: Readonly<Record<string, string>>,
): SampleManifest {
  const config = bytesOf('{}');
  const { mediaType, digest, bytes } = subject;
  const manifest = encodeManifest({
    config: describeBlob(config, configType),
    layers: [],
    subject: { mediaType, digest, size: bytes.length },
    annotations,
  });
  return { manifest, blobs: [config] };
}

export async function pushSample(store: ContentWriter, sample: SampleManifest, tag?: string): Promise<void> {
  for (const blob of sample.blobs) await store.pushBlob(describeBlob(blob), blob);
  const isReferrer = readLinks(sample.manifest).subject !== undefined;
  if (isReferrer && tag === undefined) await store.pushReferrer(sample.manifest);
  else await store.pushManifest(sample.manifest, tag);
}

export async function readAll(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}
