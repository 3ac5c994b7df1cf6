// Digests of every algorithm that the image specification registers, because a registry must accept all of them.
// https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#registered-algorithms
import { createHash } from 'node:crypto';

type DigestAlgorithm = 'sha256' | 'sha512';

/** The algorithm of a well-formed digest, or undefined. */
export function algorithmOf(digest: string): DigestAlgorithm | undefined {
  if (/^sha256:[0-9a-f]{64}$/.test(digest)) return 'sha256';
  return /^sha512:[0-9a-f]{128}$/.test(digest) ? 'sha512' : undefined;
}

export function computeDigest(algorithm: DigestAlgorithm, content: Uint8Array): string {
  return `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`;
}
