// The names of the image that doctor examines, and of its other tags, for use in advice.
import type { Digest } from '../core/oci/descriptor.ts';

export interface ImageName {
  /** `REGISTRY/REPO`, `oci:DIR` or `oci-archive:FILE`. */
  readonly repository: string;
  /** Amazon ECR's private registry, another registry, an OCI layout directory, or a tar archive of one. */
  readonly place: 'ecr' | 'registry' | 'layout' | 'archive';
  readonly tag?: string;
  /** The digest in the reference, if any. It then identifies the image. */
  readonly digest?: Digest;
}

/** The reference to read. */
export function referenceOf({ tag, digest }: ImageName): string {
  return digest ?? tag ?? 'latest';
}

/** The full name, for a command. */
export function formatName({ repository, tag, digest }: ImageName): string {
  return `${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** The command that indexes the image. An archive is never modified. */
export function indexCommandOf(name: ImageName): string {
  const output = name.place === 'archive' ? ' --output oci-archive:indexed.tar' : '';
  return `soci-index index ${formatName(name)}${output}`;
}

/** The name with another tag. */
export function nameWithTag({ repository }: ImageName, tag: string): string {
  return `${repository}:${tag}`;
}

/** The name by digest alone. */
export function nameWithDigest({ repository }: ImageName, digest: Digest): string {
  return `${repository}@${digest}`;
}

/** The source tag that belongs to a tag with the suffix. */
export function sourceTagOf(tag: string | undefined, tagSuffix: string): string | undefined {
  if (tag === undefined || tagSuffix === '' || !tag.endsWith(tagSuffix) || tag.length === tagSuffix.length) {
    return undefined;
  }
  return tag.slice(0, -tagSuffix.length);
}
