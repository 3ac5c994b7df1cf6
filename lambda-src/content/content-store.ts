// The interface of content stores. A registry, an OCI layout directory and memory implement it, and all pass the same
// contract test (test/content/store-contract.ts).
import { ReasonedError } from '../core/errors.ts';
import type { FailureReason } from '../core/reasons.ts';
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';

/** A manifest or index, with its bytes exactly as stored: the digest is computed from these bytes. */
export interface StoredManifest {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

/** Reads the content of one repository. */
export interface ContentReader {
  /**
   * The bytes of a blob, in pieces of any size, as they arrive. The last piece is delivered only after size and digest of
   * the whole content are verified, so a consumer that reaches the end has seen the correct bytes.
   *
   * @throws ContentMismatchError if size or digest differ from the descriptor.
   * @throws NotFoundError if the blob is missing.
   */
  fetchBlob(target: Descriptor, signal?: AbortSignal): AsyncIterable<Uint8Array>;

  /**
   * A manifest or index, by tag or digest. Content fetched by digest is verified.
   *
   * @throws NotFoundError if the reference does not exist.
   */
  fetchManifest(reference: string, signal?: AbortSignal): Promise<StoredManifest>;

  /** Whether the store has the blob. */
  hasBlob(digest: Digest, signal?: AbortSignal): Promise<boolean>;

  /** What a tag or digest points to, or undefined if it does not exist. */
  resolve(reference: string, signal?: AbortSignal): Promise<Descriptor | undefined>;

  /**
   * The manifests whose subject is `subject`, optionally of one artifact type. Each is listed once, with its artifact type
   * and annotations. Empty if nothing refers to `subject`.
   *
   * @throws StoreError if the store cannot list them. Callers that can do without them use `tryListReferrers`.
   */
  listReferrers(subject: Digest, artifactType?: string, signal?: AbortSignal): Promise<readonly Descriptor[]>;
}

/** Writes the content of one repository. Writing content that already exists has no effect and is not an error. */
export interface ContentWriter {
  /** @throws ContentMismatchError if `content` does not match `target`. */
  pushBlob(target: Descriptor, content: Uint8Array, signal?: AbortSignal): Promise<void>;

  /**
   * Everything that the manifest refers to must already exist, except its subject. A registry with the referrers API lists
   * the manifest under its subject; other registries do not.
   *
   * @throws ContentMismatchError if the manifest's bytes do not have its digest.
   * @throws ImmutableTagError if `tag` points to something else and is immutable.
   */
  pushManifest(manifest: StoredManifest, tag?: string, signal?: AbortSignal): Promise<void>;

  /**
   * Pushes a manifest with a subject by its digest, and ensures that the subject's referrers list it.
   *
   * @throws ContentMismatchError if the manifest's bytes do not have its digest.
   */
  pushReferrer(manifest: StoredManifest, signal?: AbortSignal): Promise<void>;
}

export interface ContentStore extends ContentReader, ContentWriter {}

/** Reports what a store supports. */
export interface ContentProbe {
  /** Whether the store lists the subject's referrers itself. If not, clients maintain the list at a fallback tag. */
  hasReferrersApi(subject: Digest, signal?: AbortSignal): Promise<boolean>;
}

/** The store refused a request, or could not be reached. */
export abstract class StoreError extends ReasonedError {}

/** The reference, manifest or blob is missing from the store. */
export class NotFoundError extends ReasonedError {
  override readonly name = 'NotFoundError';
  readonly reason: Extract<FailureReason, 'not-found' | 'manifest-missing'> = 'not-found';
}

/** The directory or archive file does not exist, or is not an OCI image layout. */
export class MissingStoreError extends NotFoundError {}

/** The tag points to something else and is immutable. */
export class ImmutableTagError extends Error {
  override readonly name = 'ImmutableTagError';

  constructor(
    readonly tag: string,
    options?: ErrorOptions,
  ) {
    super(`tag ${tag} is immutable and already in use`, options);
  }
}
