// Copies a whole image from one store to another while it is being read, so that nothing is read twice. Everything that a
// manifest refers to is written before the manifest itself.
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';
import { parseManifest } from '../core/oci/manifest.ts';
import { isIndexType, isManifestType } from '../core/oci/media-type.ts';
import {
  type ContentReader,
  type ContentStore,
  NotFoundError,
  type StoredManifest,
} from './content-store.ts';
import { fetchUnlessMissing } from './fetch-unless-missing.ts';
import type { BlobWriter, ImageDestination } from './image-destination.ts';
import { readLinks } from './referrer.ts';

/** Number of blobs copied in parallel: enough to saturate the connection even if they are small. */
const parallelCopies = 4;

/** Tags are resolved in the source. All writes go to the destination. */
export class ImageOutput implements ContentStore {
  readonly #source: ContentReader;

  constructor(
    source: ContentReader,
    readonly destination: ImageDestination,
  ) {
    this.#source = source;
  }

  async *fetchBlob(target: Descriptor, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    if (await this.destination.hasBlob(target.digest)) {
      yield* this.destination.fetchBlob(target, signal);
      return;
    }
    let writer: BlobWriter | undefined;
    try {
      for await (const piece of this.#source.fetchBlob(target, signal)) {
        writer ??= await this.destination.createBlob(target);
        await writer.write(piece);
        yield piece;
      }
      writer ??= await this.destination.createBlob(target);
      await writer.commit();
    } finally {
      await writer?.discard();
    }
  }

  async fetchManifest(reference: string, signal?: AbortSignal): Promise<StoredManifest> {
    // A SOCI index from an earlier run exists only in the destination.
    const found = await fetchUnlessMissing(this.#source, reference, signal);
    return found ?? this.destination.fetchManifest(reference, signal);
  }

  /** Content from an earlier run exists only in the destination. */
  async hasBlob(digest: Digest, signal?: AbortSignal): Promise<boolean> {
    return (await this.destination.hasBlob(digest, signal)) || this.#source.hasBlob(digest, signal);
  }

  resolve(reference: string, signal?: AbortSignal): Promise<Descriptor | undefined> {
    return this.#source.resolve(reference, signal);
  }

  listReferrers(
    subject: Digest,
    artifactType?: string,
    signal?: AbortSignal,
  ): Promise<readonly Descriptor[]> {
    return this.#source.listReferrers(subject, artifactType, signal);
  }

  pushBlob(target: Descriptor, content: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.destination.pushBlob(target, content, signal);
  }

  async pushManifest(manifest: StoredManifest, tag?: string, signal?: AbortSignal): Promise<void> {
    await this.#copyReferences(manifest, signal);
    await this.destination.pushManifest(manifest, tag, signal);
  }

  async pushReferrer(manifest: StoredManifest, signal?: AbortSignal): Promise<void> {
    await this.#copyReferences(manifest, signal);
    await this.destination.pushReferrer(manifest, signal);
  }

  /** Adds a manifest to the destination as an image, with everything that it refers to. */
  async addImage(manifest: StoredManifest, tag?: string, signal?: AbortSignal): Promise<void> {
    await this.#copyReferences(manifest, signal);
    await this.destination.addImage(manifest, tag);
  }

  async #copyReferences(manifest: StoredManifest, signal: AbortSignal | undefined): Promise<void> {
    const { subject, entries } = readLinks(manifest);
    const manifests = entries.filter(({ mediaType }) => isIndexType(mediaType) || isManifestType(mediaType));
    if (subject !== undefined) manifests.push(subject);
    for (const { digest } of manifests) {
      // The source may be a partial copy without other platforms. Missing manifests are left out.
      const found = await fetchUnlessMissing(this, digest, signal);
      if (found !== undefined) await this.pushManifest(found, undefined, signal);
    }
    if (isIndexType(manifest.mediaType)) return;
    const { config, layers } = parseManifest(manifest.bytes);
    const blobs = new Map([config, ...layers].map((blob) => [blob.digest, blob]));
    const waiting = [...blobs.values()];
    await Promise.all(
      Array.from({ length: parallelCopies }, async () => {
        for (let blob = waiting.shift(); blob !== undefined; blob = waiting.shift()) {
          await this.#copyBlob(blob, signal);
        }
      }),
    );
  }

  async #copyBlob(target: Descriptor, signal: AbortSignal | undefined): Promise<void> {
    if (await this.destination.hasBlob(target.digest)) return;
    try {
      const content = this.fetchBlob(target, signal);
      while ((await content.next()).done !== true);
    } catch (error) {
      // A foreign layer is available at its URLs, but not in every registry.
      if (error instanceof NotFoundError && target.urls !== undefined) return;
      throw error;
    }
  }
}
