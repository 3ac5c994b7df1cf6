// The reasons why an image or a layer is not indexed, and why work failed. Each reason has a code, which never changes, and a
// sentence; both are defined only here. Add a new reason to the group of the code that decides it, and to the table in
// docs/reasons.md; test/docs/reasons.test.ts checks that both agree.

/** For a layer, from its descriptor alone (core/soci/layer-selection.ts). */
const descriptorReasons = {
  'too-small': 'the layer is smaller than the minimum layer size',
  zstd: 'the layer is compressed with zstd, which SOCI does not support',
  'unsupported-media-type': 'the layer is encrypted, or compressed in a way that SOCI does not support',
  'not-a-layer': 'its media type is not that of a layer',
  'prefetch-artifact': 'it is a list of files to prefetch, not a layer',
} as const;

/** For a layer, and for an image without another layer to index (indexer/leave-out.ts). */
const readsDifferently = 'files would read differently when lazy-loaded';

/** For a layer, from its bytes (indexer/index-layer.ts). */
const contentReasons = {
  'not-indexable': 'SOCI cannot index the content of the layer',
  'ztoc-too-large': 'the zTOC would be too large for the layer',
  'reads-differently': readsDifferently,
} as const;

/** For an image, from its manifests and its target tag (image/source-image.ts, indexer/). */
const imageReasons = {
  'soci-index': 'it is a SOCI index, not an image',
  attestation: 'it is a BuildKit attestation, not an image',
  'not-an-image': 'it is an artifact, not an image',
  'no-platform': 'the image has none of the platforms to index',
  'no-layer-to-index': 'every layer is too small, or of a kind that cannot be indexed',
  'reads-differently': readsDifferently,
  'target-tag-taken': 'the target tag points to an image without SOCI indexes',
  'tag-immutable': 'the target tag points to another image, and tags in the repository are immutable',
} as const;

/** For a push, from its event and ECR's answers (handlers/). */
const pushReasons = {
  untagged: 'the push has no tag, so the indexed image would have none',
  'own-tag': 'the tag is one that this builder writes',
  'target-tag-too-long': 'the target tag would be longer than 128 characters',
  'image-deleted': 'the image was deleted after it was pushed',
  archived: 'the image is archived in ECR and cannot be pulled',
  'replication-off': 'the image was replicated, and replicated images are not indexed',
  'pull-through-cache': 'the image is in a pull-through cache and belongs to the upstream registry',
  'not-successful': 'ECR could not replicate or fetch the image',
} as const;

/** Why a tag no longer points to the image. */
const supersededReasons = {
  'tag-moved': 'the tag now points to another image',
  'tag-deleted': 'the tag was deleted',
} as const;

/** Other answers of `soci-index`, in verify, wait, backfill, redrive and doctor --filter (cli/, doctor/). */
const commandReasons = {
  'no-soci-index': 'the image has no SOCI index',
  'not-indexed-yet': 'the image was not indexed in time',
  'platform-not-indexed': 'the index is complete, but lacks a requested platform',
  'tagged-as-is': 'the builder gave the target tag to the unchanged image, because no part of it is indexed',
  'no-filter-match': 'no --filter matches',
  'before-since': 'pushed before --since',
  'not-in-function-filters': 'no filter of the filter function matches',
  'other-tag-of-image': 'another tag of the image is indexed, and a V1 index serves both',
  'recently-invoked': 'sent to the filter function in the last 24 hours',
  'not-an-event': 'the message does not contain an ECR event',
  'not-linux': 'only layers of Linux images are loaded lazily',
  'no-tag': 'the image has no tag',
  'case-differs': 'only the case of the tag differs',
  'tag-differs': 'the repository matches, the tag does not',
  'repository-differs': 'the tag matches, the repository does not',
  'both-differ': 'neither the repository nor the tag matches',
  'not-deleted': 'the event was sent again, but its message is still in the queue',
} as const;

/** For failed work. The message is that of the error, which names the layer, byte, path or status. */
const failureReasons = {
  'not-found': 'the image, or one of its manifests or layers, is not in the registry',
  'manifest-missing': 'the image index names a manifest that is not in the registry',
  'access-denied': 'the registry or AWS denies access',
  'layer-damaged': 'a layer or another blob of the image is damaged',
  'manifest-invalid': 'a manifest is malformed, or does not match its digest',
  'archive-invalid':
    'an OCI archive is damaged, or contains something that an OCI image layout must not contain',
  'ztoc-invalid': 'a zTOC is malformed',
  'registry-unavailable': 'the registry cannot be reached, or answers with status 429 or 5xx',
  'registry-error': 'the registry refuses a request',
  'aws-error': 'a call to AWS failed',
  'file-error': 'a file cannot be read or written',
  'event-invalid': 'the event is not an ECR image push event',
  'settings-invalid': 'a setting or an option is invalid',
  'out-of-time': 'the invocation ran out of time',
  'too-slow': 'the image cannot be indexed in the time of one invocation',
  interrupted: 'interrupted by Ctrl-C',
  'internal-error': 'an unexpected error, most likely a bug in this program',
} as const;

const sentences = {
  ...descriptorReasons,
  ...contentReasons,
  ...imageReasons,
  ...pushReasons,
  ...supersededReasons,
  ...commandReasons,
  ...failureReasons,
} as const;

/** Why a layer gets no zTOC, decided from its descriptor. */
export type DescriptorSkipReason = keyof typeof descriptorReasons;

/** Why a layer gets no zTOC, decided from its bytes. */
export type ContentSkipReason = keyof typeof contentReasons;

export type LayerSkipReason = DescriptorSkipReason | ContentSkipReason;

/** Why an image gets no SOCI index. */
export type ImageSkipReason = keyof typeof imageReasons;

/** Why a push is not indexed, except for reasons in its manifests. */
export type PushSkipReason = keyof typeof pushReasons;

export type SupersededReason = keyof typeof supersededReasons;

export type CommandReason = keyof typeof commandReasons;

export type FailureReason = keyof typeof failureReasons;

export type Reason = keyof typeof sentences;

/** A reason with its sentence: lower case, without a full stop. */
export interface Explained<Code extends string> {
  readonly reason: Code;
  readonly message: string;
}

/** @param details Specifics, such as a tag or the fault of a layer. They are added to the sentence after a colon. */
export function explain<Code extends Reason>(reason: Code, details?: string): Explained<Code> {
  const sentence = sentences[reason];
  return { reason, message: details === undefined ? sentence : `${sentence}: ${details}` };
}

/** Whether external text is a reason that is decided from a layer's bytes. */
export function isContentSkipReason(text: unknown): text is ContentSkipReason {
  return typeof text === 'string' && Object.hasOwn(contentReasons, text);
}

/** Every reason by its code, for the documentation test. */
export const reasonSentences: Readonly<Record<Reason, string>> = sentences;
