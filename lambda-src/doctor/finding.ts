// The findings of doctor: each has a stable code, the runtimes that it concerns, and advice. docs/doctor.md explains the
// codes; a test keeps both lists equal.
import type { Digest } from '../core/oci/descriptor.ts';
import { type Runtime, runtimes } from './runtime.ts';

/**
 * - `problem`: prevents a runtime from lazy-loading the image
 * - `advice`: could be improved, or will fail later
 * - `info`: good to know
 */
export type Severity = 'problem' | 'advice' | 'info';

export const findingSeverities = {
  // The reference.
  'image-not-found': 'problem',
  'unreadable-manifest': 'problem',
  'manifest-missing': 'problem',
  'docker-schema-1': 'problem',
  'not-an-image': 'problem',
  attestation: 'problem',
  'soci-index-deployed': 'problem',
  'not-in-ecr': 'problem',
  // Platforms.
  'no-platform': 'problem',
  'platform-missing': 'problem',
  'no-lazy-platform': 'problem',
  // The SOCI index.
  'no-index': 'problem',
  'platform-not-indexed': 'problem',
  'target-tag-taken': 'problem',
  'index-at-other-tag': 'problem',
  'index-stale': 'problem',
  'index-missing': 'problem',
  'index-unreadable': 'problem',
  'index-of-other-layers': 'problem',
  'ztoc-missing': 'problem',
  'old-index-format': 'problem',
  'v1-other-subject': 'problem',
  'v1-on-image-index': 'problem',
  'v1-only-by-fallback-tag': 'problem',
  'v1-needs-older-account': 'problem',
  'v1-off-by-default': 'problem',
  // Layers.
  'all-layers-too-small': 'problem',
  'no-layer-to-index': 'problem',

  'index-outside-image-index': 'advice',
  'soci-tag-behind': 'advice',
  'suffix-tag-without-index': 'advice',
  'entry-missing': 'advice',
  'entry-type-lost': 'advice',
  'entry-without-platform': 'advice',
  'index-config-missing': 'advice',
  'suffix-tag-too-long': 'advice',
  'several-v1-indexes': 'advice',
  'referrers-api-missing': 'advice',
  'referrers-unknown': 'advice',
  'layer-zstd': 'advice',
  'layer-unsupported': 'advice',
  'layer-foreign': 'advice',
  'layer-not-covered': 'advice',
  'small-image': 'advice',
  'signature-not-carried': 'advice',
  'attestation-detached': 'advice',
  'no-filter-matches': 'advice',

  'platform-without-soci': 'info',
  'both-versions': 'info',
  'other-builder': 'info',
  'no-span-size': 'info',
  'span-size-not-default': 'info',
  'prefetch-artifacts': 'info',
  'docker-media-types': 'info',
  'deployed-by-tag': 'info',
  'deployed-by-digest': 'info',
  'in-a-layout': 'info',
  'fargate-requirements': 'info',
  'eks-requirements': 'info',
  'snapshotter-requirements': 'info',
} as const satisfies Readonly<Record<string, Severity>>;

export type FindingCode = keyof typeof findingSeverities;

export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** `linux/amd64`. Absent if it concerns the whole image. */
  readonly platform?: string;
  readonly layer?: Digest;
  /** The runtimes that it concerns. */
  readonly runtimes: readonly Runtime[];
  /** The finding, as a sentence. */
  readonly message: string;
  /** The advice, as a sentence. */
  readonly advice: string;
}

/** What a finding concerns, if not the whole image in every runtime. */
export interface FindingScope {
  readonly platform?: string;
  readonly layer?: Digest;
  /** @default all runtimes */
  readonly runtimes?: readonly Runtime[];
}

export function makeFinding(
  code: FindingCode,
  message: string,
  advice: string,
  scope: FindingScope = {},
): Finding {
  return { code, severity: findingSeverities[code], runtimes, ...scope, message, advice };
}
