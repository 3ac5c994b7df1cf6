// Wraps a content store. Records the operations on it, rejects manifests with dangling references, and can make something
// happen in between: another client's push, an error, an abort.
import type { ContentStore, StoredManifest } from '../../lambda-src/content/content-store.ts';
import type { Descriptor, Digest } from '../../lambda-src/core/oci/descriptor.ts';

export type StoreEvent =
  | { readonly kind: 'fetch blob' | 'push blob'; readonly digest: Digest; readonly mediaType: string }
  | { readonly kind: 'push manifest'; readonly digest: Digest; readonly tag: string | undefined };

interface References {
  readonly config?: { readonly digest: Digest };
  readonly subject?: { readonly digest: Digest };
  readonly layers?: readonly { readonly digest: Digest }[];
  readonly manifests?: readonly { readonly digest: Digest }[];
}

export class RecordingStore implements ContentStore {
  /** In the order in which they started. */
  readonly events: StoreEvent[] = [];
  /** Called before each event takes effect; may prevent it by throwing. */
  before: (event: StoreEvent) => Promise<void> = () => Promise.resolve();
  readonly #there = new Set<Digest>();

  constructor(readonly inner: ContentStore) {}

  async *fetchBlob(target: Descriptor, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    await this.#happen({ kind: 'fetch blob', digest: target.digest, mediaType: target.mediaType });
    yield* this.inner.fetchBlob(target, signal);
  }

  fetchManifest(reference: string, signal?: AbortSignal): Promise<StoredManifest> {
    return this.inner.fetchManifest(reference, signal);
  }

  hasBlob(digest: Digest, signal?: AbortSignal): Promise<boolean> {
    return this.inner.hasBlob(digest, signal);
  }

  resolve(reference: string, signal?: AbortSignal): Promise<Descriptor | undefined> {
    return this.inner.resolve(reference, signal);
  }

  listReferrers(
    subject: Digest,
    artifactType?: string,
    signal?: AbortSignal,
  ): Promise<readonly Descriptor[]> {
    return this.inner.listReferrers(subject, artifactType, signal);
  }

  async pushBlob(target: Descriptor, content: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#happen({ kind: 'push blob', digest: target.digest, mediaType: target.mediaType });
    await this.inner.pushBlob(target, content, signal);
    this.#there.add(target.digest);
  }

  /** @throws Error if the manifest refers to something that was not pushed here before. */
  async pushManifest(manifest: StoredManifest, tag?: string, signal?: AbortSignal): Promise<void> {
    await this.#expectManifest(manifest, tag);
    await this.inner.pushManifest(manifest, tag, signal);
    this.#there.add(manifest.digest);
  }

  /** @throws Error as `pushManifest`. */
  async pushReferrer(manifest: StoredManifest, signal?: AbortSignal): Promise<void> {
    await this.#expectManifest(manifest, undefined);
    await this.inner.pushReferrer(manifest, signal);
    this.#there.add(manifest.digest);
  }

  async #expectManifest(manifest: StoredManifest, tag: string | undefined): Promise<void> {
    await this.#happen({ kind: 'push manifest', digest: manifest.digest, tag });
    const {
      config,
      subject,
      layers = [],
      manifests = [],
    } = JSON.parse(Buffer.from(manifest.bytes).toString()) as References;
    for (const reference of [config, subject, ...layers, ...manifests]) {
      if (reference === undefined || this.#there.has(reference.digest)) continue;
      throw new Error(`${manifest.digest} was pushed before ${reference.digest}, to which it refers`);
    }
  }

  /** The digests of the blobs of this media type that were read, in order. */
  fetched(mediaType: string): readonly Digest[] {
    return this.events.flatMap((event) =>
      event.kind === 'fetch blob' && event.mediaType === mediaType ? [event.digest] : [],
    );
  }

  async #happen(event: StoreEvent): Promise<void> {
    this.events.push(event);
    await this.before(event);
  }
}
