// A read-only view of a store: blobs that are pushed can be fetched again, from memory; all other writes are discarded.
import type { Digest } from '../core/oci/descriptor.ts';
import type { ContentReader, ContentStore } from './content-store.ts';

export function withoutWriting(store: ContentReader): ContentStore {
  const pushed = new Map<Digest, Uint8Array>();
  return {
    async *fetchBlob(descriptor, signal) {
      const bytes = pushed.get(descriptor.digest);
      if (bytes === undefined) yield* store.fetchBlob(descriptor, signal);
      else yield bytes;
    },
    fetchManifest: (...args) => store.fetchManifest(...args),
    hasBlob: (...args) => store.hasBlob(...args),
    resolve: (...args) => store.resolve(...args),
    listReferrers: (...args) => store.listReferrers(...args),
    pushBlob({ digest }, bytes) {
      pushed.set(digest, bytes);
      return Promise.resolve();
    },
    pushManifest: () => Promise.resolve(),
    pushReferrer: () => Promise.resolve(),
  };
}
