// The runtimes that doctor asks for: what each can load lazily at all.
import type { Platform } from '../core/oci/descriptor.ts';
import { normalizePlatform } from '../core/oci/platform.ts';

/**
 * - `fargate`: Amazon ECS tasks on AWS Fargate
 * - `eks`: nodes of Amazon EKS that run the SOCI snapshotter
 * - `snapshotter`: any other containerd with the SOCI snapshotter
 */
export const runtimes = ['fargate', 'eks', 'snapshotter'] as const;

export type Runtime = (typeof runtimes)[number];

/** Those that run the SOCI snapshotter as it is published, and not as AWS runs it. */
export const snapshotterRuntimes: readonly Runtime[] = ['eks', 'snapshotter'];

/**
 * The architectures of Fargate, and of the nodes that SOCI can be set up on in EKS.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
 * https://github.com/awslabs/soci-snapshotter/blob/v0.15.0/docs/eks.md
 */
const awsArchitectures: readonly string[] = ['amd64', 'arm64'];

/** The runtimes that can load an image of this platform lazily, if it has an index. None does so outside Linux. */
export function runtimesFor(platform: Platform): readonly Runtime[] {
  const { os, architecture } = normalizePlatform(platform);
  if (os !== 'linux') return [];
  // containerd chooses no entry of an image index that does not name its architecture.
  if (architecture === '') return [];
  return awsArchitectures.includes(architecture) ? runtimes : ['snapshotter'];
}
