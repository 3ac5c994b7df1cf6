// A content store in memory, for tests, dry runs and the demo.
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';
import { NotFoundError, type ContentProbe, type ContentStore, type StoredManifest } from './content-store.ts';
import { filterReferrers, readLinks, type ManifestLinks } from './referrer.ts';
import { assertContent, verifyContent } from './verified-content.ts';

export class MemoryStore implements ContentStore, ContentProbe {
  readonly #blobs = new Map<Digest, Uint8Array>();
  readonly #manifests = new Map<string, StoredManifest>();
  readonly #links = new Map<Digest, ManifestLinks>();
  readonly #tags = new Map<string, Digest>();

  async *fetchBlob(target: Descriptor, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    signal?.throwIfAborted();
    const content = this.#blobs.get(target.digest);
    if (content === undefined) throw new NotFoundError(`blob ${target.digest} is not in memory`);
    yield* verifyContent(target, wholeContent(content));
  }

  fetchManifest(reference: string): Promise<StoredManifest> {
    const manifest = this.#find(reference);
    if (manifest === undefined)
      return Promise.reject(new NotFoundError(`manifest ${reference} is not in memory`));
    return Promise.resolve(manifest);
  }

  resolve(reference: string): Promise<Descriptor | undefined> {
    const manifest = this.#find(reference);
    if (manifest === undefined) return Promise.resolve(undefined);
    return Promise.resolve({
      mediaType: manifest.mediaType,
      digest: manifest.digest,
      size: manifest.bytes.length,
    });
  }

  listReferrers(subject: Digest, artifactType?: string): Promise<readonly Descriptor[]> {
    const links = [...this.#links.values()].filter((link) => link.subject?.digest === subject);
    const referrers = links.map((link) => link.referrer);
    return Promise.resolve(filterReferrers(referrers, artifactType));
  }

  hasBlob(digest: Digest): Promise<boolean> {
    return Promise.resolve(this.#blobs.has(digest));
  }

  hasReferrersApi(): Promise<boolean> {
    return Promise.resolve(true);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- errors must be rejections, as in the other stores
  async pushBlob(target: Descriptor, content: Uint8Array): Promise<void> {
    assertContent(target, content);
    this.#blobs.set(target.digest, content);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- errors must be rejections, as in the other stores
  async pushManifest(manifest: StoredManifest, tag?: string): Promise<void> {
    assertContent({ digest: manifest.digest, size: manifest.bytes.length }, manifest.bytes);
    this.#links.set(manifest.digest, readLinks(manifest));
    this.#manifests.set(manifest.digest, manifest);
    if (tag !== undefined) this.#tags.set(tag, manifest.digest);
  }

  pushReferrer(manifest: StoredManifest): Promise<void> {
    return this.pushManifest(manifest);
  }

  #find(reference: string): StoredManifest | undefined {
    return this.#manifests.get(this.#tags.get(reference) ?? reference);
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- `verifyContent` takes a stream
async function* wholeContent(content: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield content;
}
