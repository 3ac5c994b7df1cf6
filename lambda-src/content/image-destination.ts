// A place for whole images that is made of files: an OCI layout directory, or a tar of one.
import type { Descriptor } from '../core/oci/descriptor.ts';
import type { ContentProbe, ContentStore, StoredManifest } from './content-store.ts';

/** Takes a blob piece by piece. Readers see it only when it is whole. */
export interface BlobWriter {
  write(piece: Uint8Array): Promise<void>;
  /** @throws ContentMismatchError if it has another size than its descriptor says. The digest is up to the caller. */
  commit(): Promise<void>;
  /** Forgets what was written. After `commit` it does nothing. */
  discard(): Promise<void>;
}

export interface ImageDestination extends ContentStore, ContentProbe {
  createBlob(target: Descriptor): Promise<BlobWriter>;

  /** Lists a manifest as an image, with or without a tag. Everything that it refers to must be there. */
  addImage(manifest: StoredManifest, tag?: string): Promise<void>;
}
