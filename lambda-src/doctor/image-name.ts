// How the image is called that doctor is asked about, and how its other tags are called: advice names them.
import type { Digest } from '../core/oci/descriptor.ts';

export interface ImageName {
  /** `REGISTRY/REPO`, `oci:DIR` or `oci-archive:FILE`. */
  readonly repository: string;
  /** Amazon ECR's private registry, another registry, an OCI layout directory, or a tar of one. */
  readonly place: 'ecr' | 'registry' | 'layout' | 'archive';
  readonly tag?: string;
  /** Of the reference, where it has one: it then says which image is meant. */
  readonly digest?: Digest;
}

/** The image as it is to be read, and as it was written. */
export function referenceOf({ tag, digest }: ImageName): string {
  return digest ?? tag ?? 'latest';
}

/** The name in full, for a command. */
export function formatName({ repository, tag, digest }: ImageName): string {
  return `${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** The command that indexes the image. An archive is never changed. */
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

/** The tag whose image a tag with the suffix is made of. */
export function sourceTagOf(tag: string | undefined, tagSuffix: string): string | undefined {
  if (tag === undefined || tagSuffix === '' || !tag.endsWith(tagSuffix) || tag.length === tagSuffix.length) {
    return undefined;
  }
  return tag.slice(0, -tagSuffix.length);
}
