// A content store in memory from which blobs and manifests can be deleted. They stay deleted until they are pushed again.
import { NotFoundError } from '../../lambda-src/content/content-store.ts';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import type { StoredManifest } from '../../lambda-src/content/content-store.ts';
import type { Descriptor, Digest } from '../../lambda-src/core/oci/descriptor.ts';

export class DamagedStore extends MemoryStore {
  readonly deleted = new Set<string>();
  /** What was pushed, in order: digests, or tags if there are any. */
  readonly pushed: string[] = [];

  override async *fetchBlob(
    target: Descriptor,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.deleted.has(target.digest)) throw new NotFoundError(`blob ${target.digest} was deleted`);
    yield* super.fetchBlob(target, signal);
  }

  override async fetchManifest(reference: string): Promise<StoredManifest> {
    const manifest = await super.fetchManifest(reference);
    if (this.deleted.has(manifest.digest)) throw new NotFoundError(`manifest ${manifest.digest} was deleted`);
    return manifest;
  }

  override async resolve(reference: string): Promise<Descriptor | undefined> {
    const found = await super.resolve(reference);
    return found !== undefined && this.deleted.has(found.digest) ? undefined : found;
  }

  override async hasBlob(digest: Digest): Promise<boolean> {
    return !this.deleted.has(digest) && (await super.hasBlob(digest));
  }

  override async pushBlob(target: Descriptor, content: Uint8Array): Promise<void> {
    await super.pushBlob(target, content);
    this.deleted.delete(target.digest);
    this.pushed.push(target.digest);
  }

  override async pushManifest(manifest: StoredManifest, tag?: string): Promise<void> {
    await super.pushManifest(manifest, tag);
    this.deleted.delete(manifest.digest);
    this.pushed.push(tag ?? manifest.digest);
  }
}
