// What the indexer needs of the place where images live. A registry, an OCI layout directory and memory all do it, and
// pass one contract test (test/content/store-contract.ts).
import { ReasonedError } from '../core/errors.ts';
import type { FailureReason } from '../core/reasons.ts';
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';

/** A manifest or index as it lies in the store: exactly these bytes have this digest. */
export interface StoredManifest {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

/** Reads one repository's content. */
export interface ContentReader {
  /**
   * The bytes of a blob, in pieces of any size, as they arrive. The last piece comes only after the whole content's
   * size and digest have proved right: a consumer that sees the end has seen the true bytes.
   *
   * @throws ContentMismatchError if size or digest are not the descriptor's.
   * @throws NotFoundError if the store has no such blob.
   */
  fetchBlob(target: Descriptor, signal?: AbortSignal): AsyncIterable<Uint8Array>;

  /**
   * A manifest or index by tag or digest, verified against the digest when asked for by digest.
   *
   * @throws NotFoundError if the reference does not exist.
   */
  fetchManifest(reference: string, signal?: AbortSignal): Promise<StoredManifest>;

  /** Whether the store has this blob. */
  hasBlob(digest: Digest, signal?: AbortSignal): Promise<boolean>;

  /** What a tag or digest points to, or undefined where it points to nothing. */
  resolve(reference: string, signal?: AbortSignal): Promise<Descriptor | undefined>;

  /**
   * Manifests whose subject is `subject`, of one artifact type where given, each once, with their artifact type and
   * annotations. Empty if none exist.
   *
   * @throws StoreError if the store cannot list them: a caller that can do without them uses `tryListReferrers`.
   */
  listReferrers(subject: Digest, artifactType?: string, signal?: AbortSignal): Promise<readonly Descriptor[]>;
}

/** Writes one repository's content. What is already there is not written again, and that is not an error. */
export interface ContentWriter {
  /** @throws ContentMismatchError if `content` is not what `target` says. */
  pushBlob(target: Descriptor, content: Uint8Array, signal?: AbortSignal): Promise<void>;

  /**
   * Everything the manifest refers to must be there already, except its subject. That a manifest has a subject is the
   * store's business: a registry with a referrers API lists it, another one does not.
   *
   * @throws ContentMismatchError if the manifest's bytes do not have its digest.
   * @throws ImmutableTagError if `tag` points to something else and the store never moves a tag.
   */
  pushManifest(manifest: StoredManifest, tag?: string, signal?: AbortSignal): Promise<void>;

  /**
   * Pushes a manifest that has a subject, by its digest, and makes sure that the subject's referrers list it.
   *
   * @throws ContentMismatchError if the manifest's bytes do not have its digest.
   */
  pushReferrer(manifest: StoredManifest, signal?: AbortSignal): Promise<void>;
}

export interface ContentStore extends ContentReader, ContentWriter {}

/** Tells what a store can do. */
export interface ContentProbe {
  /** Whether the store itself lists the subject's referrers. Where it does not, clients keep the list at a tag. */
  hasReferrersApi(subject: Digest, signal?: AbortSignal): Promise<boolean>;
}

/** The store did not do what it was asked for, or the way to it failed. */
export abstract class StoreError extends ReasonedError {}

/** A reference, manifest or blob that the store does not have. */
export class NotFoundError extends ReasonedError {
  override readonly name = 'NotFoundError';
  readonly reason: Extract<FailureReason, 'not-found' | 'manifest-missing'> = 'not-found';
}

/** A layout's directory, or an archive's file, that is missing or holds something else. */
export class MissingStoreError extends NotFoundError {}

/** A tag that points to something else already, in a store that never moves a tag. */
export class ImmutableTagError extends Error {
  override readonly name = 'ImmutableTagError';

  constructor(
    readonly tag: string,
    options?: ErrorOptions,
  ) {
    super(`tag ${tag} is taken and immutable`, options);
  }
}
