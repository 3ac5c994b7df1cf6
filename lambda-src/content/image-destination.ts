// A destination for whole images on disk: an OCI layout directory, or a tar of one.
import type { Descriptor } from '../core/oci/descriptor.ts';
import type { ContentProbe, ContentStore, StoredManifest } from './content-store.ts';

/** Receives a blob piece by piece. Readers see it only when it is complete. */
export interface BlobWriter {
  write(piece: Uint8Array): Promise<void>;
  /** @throws ContentMismatchError if its size differs from the descriptor. The caller verifies the digest. */
  commit(): Promise<void>;
  /** Discards what was written. Does nothing after `commit`. */
  discard(): Promise<void>;
}

export interface ImageDestination extends ContentStore, ContentProbe {
  createBlob(target: Descriptor): Promise<BlobWriter>;

  /** Lists a manifest as an image, with or without a tag. Everything that it refers to must exist. */
  addImage(manifest: StoredManifest, tag?: string): Promise<void>;
}
