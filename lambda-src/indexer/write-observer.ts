// A content store that records whether a write changed anything. Rewriting identical content does not count.
import {
  type ContentReader,
  type ContentStore,
  NotFoundError,
  type StoredManifest,
} from '../content/content-store.ts';
import { ContentMismatchError } from '../core/errors.ts';
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';

export class WriteObserver implements ContentStore {
  #hasChanged = false;

  readonly #store: ContentStore;

  constructor(store: ContentStore) {
    this.#store = store;
  }

  /** Whether anything was missing, damaged or different before it was written. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  fetchBlob(...args: Parameters<ContentReader['fetchBlob']>): AsyncIterable<Uint8Array> {
    return this.#store.fetchBlob(...args);
  }

  fetchManifest(...args: Parameters<ContentReader['fetchManifest']>): Promise<StoredManifest> {
    return this.#store.fetchManifest(...args);
  }

  hasBlob(...args: Parameters<ContentReader['hasBlob']>): Promise<boolean> {
    return this.#store.hasBlob(...args);
  }

  resolve(...args: Parameters<ContentReader['resolve']>): Promise<Descriptor | undefined> {
    return this.#store.resolve(...args);
  }

  listReferrers(...args: Parameters<ContentReader['listReferrers']>): Promise<readonly Descriptor[]> {
    return this.#store.listReferrers(...args);
  }

  async pushBlob(target: Descriptor, content: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (!(await this.#holdsBlob(target, signal))) this.#hasChanged = true;
    await this.#store.pushBlob(target, content, signal);
  }

  async pushManifest(manifest: StoredManifest, tag?: string, signal?: AbortSignal): Promise<void> {
    await this.#note(tag ?? manifest.digest, manifest.digest, signal);
    await this.#store.pushManifest(manifest, tag, signal);
  }

  async pushReferrer(manifest: StoredManifest, signal?: AbortSignal): Promise<void> {
    await this.#note(manifest.digest, manifest.digest, signal);
    await this.#store.pushReferrer(manifest, signal);
  }

  async #note(reference: string, digest: Digest, signal: AbortSignal | undefined): Promise<void> {
    if (!(await this.#holdsManifest(reference, digest, signal))) this.#hasChanged = true;
  }

  /** Reads the content, because an existing digest does not prove that the content is intact. */
  async #holdsBlob(target: Descriptor, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      let bytes = 0;
      for await (const piece of this.#store.fetchBlob(target, signal)) bytes += piece.length;
      return bytes === target.size;
    } catch (error) {
      if (error instanceof NotFoundError || error instanceof ContentMismatchError) return false;
      throw error;
    }
  }

  async #holdsManifest(reference: string, digest: Digest, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      return (await this.#store.fetchManifest(reference, signal)).digest === digest;
    } catch (error) {
      if (error instanceof NotFoundError || error instanceof ContentMismatchError) return false;
      throw error;
    }
  }
}
