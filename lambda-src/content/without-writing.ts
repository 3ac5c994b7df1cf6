// A store that is read only: what is pushed to it is forgotten.
import type { ContentReader, ContentStore } from './content-store.ts';

export function withoutWriting(store: ContentReader): ContentStore {
  return {
    fetchBlob: (...args) => store.fetchBlob(...args),
    fetchManifest: (...args) => store.fetchManifest(...args),
    hasBlob: (...args) => store.hasBlob(...args),
    resolve: (...args) => store.resolve(...args),
    listReferrers: (...args) => store.listReferrers(...args),
    pushBlob: () => Promise.resolve(),
    pushManifest: () => Promise.resolve(),
    pushReferrer: () => Promise.resolve(),
  };
}
