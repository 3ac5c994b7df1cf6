// A content store that makes the indexer die in the middle of its work, at a given write.
import type { ContentStore, StoredManifest } from '../../lambda-src/content/content-store.ts';
import type { Descriptor, Digest } from '../../lambda-src/core/oci/descriptor.ts';

export class DeathError extends Error {
  override readonly name = 'DeathError';
}

export class MortalStore implements ContentStore {
  #writes = 0;
  #isDead = false;

  /**
   * @param lastWrite The write, counted from 1, at which it dies.
   * @param lastIsDone Whether that write still takes effect; it never returns in either case.
   */
  constructor(
    readonly inner: ContentStore,
    readonly lastWrite: number,
    readonly lastIsDone: boolean,
  ) {}

  get isDead(): boolean {
    return this.#isDead;
  }

  async *fetchBlob(target: Descriptor, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    this.#live();
    yield* this.inner.fetchBlob(target, signal);
  }

  async fetchManifest(reference: string, signal?: AbortSignal): Promise<StoredManifest> {
    this.#live();
    return this.inner.fetchManifest(reference, signal);
  }

  async hasBlob(digest: Digest, signal?: AbortSignal): Promise<boolean> {
    this.#live();
    return this.inner.hasBlob(digest, signal);
  }

  async resolve(reference: string, signal?: AbortSignal): Promise<Descriptor | undefined> {
    this.#live();
    return this.inner.resolve(reference, signal);
  }

  async listReferrers(
    subject: Digest,
    artifactType?: string,
    signal?: AbortSignal,
  ): Promise<readonly Descriptor[]> {
    this.#live();
    return this.inner.listReferrers(subject, artifactType, signal);
  }

  pushBlob(target: Descriptor, content: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.#write(() => this.inner.pushBlob(target, content, signal));
  }

  pushManifest(...args: Parameters<ContentStore['pushManifest']>): Promise<void> {
    return this.#write(() => this.inner.pushManifest(...args));
  }

  pushReferrer(manifest: StoredManifest, signal?: AbortSignal): Promise<void> {
    return this.#write(() => this.inner.pushReferrer(manifest, signal));
  }

  async #write(write: () => Promise<void>): Promise<void> {
    this.#live();
    this.#writes++;
    this.#isDead = this.#writes === this.lastWrite;
    if (!this.#isDead || this.lastIsDone) await write();
    this.#live();
  }

  #live(): void {
    if (this.#isDead) throw new DeathError('the indexer is dead');
  }
}
