// A content store in memory that can lose content and list wrong referrers. It records the media types of the blobs that are read.
import { NotFoundError } from '../../lambda-src/content/content-store.ts';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import type { Descriptor, Digest } from '../../lambda-src/core/oci/descriptor.ts';

export class AlteredStore extends MemoryStore {
  readonly fetchedTypes: string[] = [];
  /** Digests of missing manifests and blobs. */
  readonly lost = new Set<string>();
  /** The referrers listed for a subject in place of the actual ones. */
  readonly listed = new Map<Digest, readonly Descriptor[]>();
  referrersApi = true;
  /** The error with which every listing of referrers fails. */
  listingError: Error | undefined;

  override fetchBlob(target: Descriptor, signal?: AbortSignal) {
    this.fetchedTypes.push(target.mediaType);
    return super.fetchBlob(target, signal);
  }

  override async fetchManifest(reference: string) {
    const manifest = await super.fetchManifest(reference);
    if (this.lost.has(manifest.digest)) throw new NotFoundError(`there is no manifest ${manifest.digest}`);
    return manifest;
  }

  override async hasBlob(digest: Digest): Promise<boolean> {
    return !this.lost.has(digest) && (await super.hasBlob(digest));
  }

  override async listReferrers(subject: Digest, artifactType?: string): Promise<readonly Descriptor[]> {
    if (this.listingError !== undefined) throw this.listingError;
    const listed = this.listed.get(subject);
    if (listed === undefined) return super.listReferrers(subject, artifactType);
    return listed.filter((one) => artifactType === undefined || one.artifactType === artifactType);
  }

  override hasReferrersApi(): Promise<boolean> {
    return Promise.resolve(this.referrersApi);
  }
}
