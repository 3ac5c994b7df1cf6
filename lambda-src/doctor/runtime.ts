// The runtimes that doctor checks, and what each can lazy-load.
import type { Platform } from '../core/oci/descriptor.ts';
import { normalizePlatform } from '../core/oci/platform.ts';

/**
 * - `fargate`: Amazon ECS tasks on AWS Fargate
 * - `eks`: nodes of Amazon EKS that run the SOCI snapshotter
 * - `snapshotter`: any other containerd with the SOCI snapshotter
 */
export const runtimes = ['fargate', 'eks', 'snapshotter'] as const;

export type Runtime = (typeof runtimes)[number];

/** Runtimes with the published SOCI snapshotter, not AWS's own version. */
export const snapshotterRuntimes: readonly Runtime[] = ['eks', 'snapshotter'];

/**
 * Architectures of Fargate, and of EKS nodes that support SOCI.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
 * https://github.com/awslabs/soci-snapshotter/blob/v0.15.0/docs/eks.md
 */
const awsArchitectures: readonly string[] = ['amd64', 'arm64'];

/** The runtimes that can lazy-load an indexed image of this platform. Empty for systems other than Linux. */
export function runtimesFor(platform: Platform): readonly Runtime[] {
  const { os, architecture } = normalizePlatform(platform);
  if (os !== 'linux') return [];
  // containerd ignores entries of an image index without an architecture.
  if (architecture === '') return [];
  return awsArchitectures.includes(architecture) ? runtimes : ['snapshotter'];
}
