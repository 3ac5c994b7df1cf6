// Findings about the target of the reference, and its location.
import type { ReferenceFault } from './examined-image.ts';
import { type Finding, makeFinding } from './finding.ts';
import { formatName, type ImageName, indexCommandOf, nameWithDigest, nameWithTag } from './image-name.ts';
import type { RelatedTag } from './related-tag.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { quoteText } from '../core/oci/quotation.ts';
import { isIndexType } from '../core/oci/media-type.ts';

/**
 * Why a reference does not lead to a runnable image.
 *
 * @param source The source of a missing SOCI image, if it exists.
 */
export function diagnoseFault(
  fault: ReferenceFault,
  name: ImageName,
  source: RelatedTag | undefined,
): Finding {
  switch (fault.kind) {
    case 'not found':
      return makeFinding(
        'image-not-found',
        `The image ${formatName(name)} does not exist, or these credentials do not allow reading it: ${fault.problem}.`,
        adviseMissingTag(name, source),
      );
    case 'schema 1':
      return makeFinding(
        'docker-schema-1',
        'This is a Docker manifest of schema 1, which cannot have a SOCI index and which current versions of containerd do not pull.',
        'Build and push the image again with a current builder, which writes a manifest of schema 2 or OCI.',
      );
    case 'attestation':
      return makeFinding(
        'attestation',
        'This is not an image, but an attestation that BuildKit made about one.',
        'Deploy the tag, or the digest of the image index that has this attestation as an entry.',
      );
    case 'artifact':
      return makeFinding(
        'not-an-image',
        `This is not a container image, but an artifact of type ${quoteText(fault.artifactType)}.`,
        'Check the image itself. A chart, a signature or a bill of materials cannot be lazy-loaded.',
      );
    case 'soci index':
      return makeFinding(
        'soci-index-deployed',
        `This is a SOCI index (${fault.version}), not an image, so no runtime can run it.`,
        fault.subject === undefined
          ? 'Deploy the tag of the image that contains it, or the digest of its image index.'
          : `Deploy the image, ${nameWithDigest(name, fault.subject)}, or its tag; runtimes find the index from there.`,
      );
    case 'no platform':
      return makeFinding(
        'no-platform',
        'This is an image index without platforms, so it contains nothing to run.',
        'Check the image itself. This may be a fallback tag with a list of referrers, or an index of artifacts.',
      );
    case 'manifest missing':
      return makeFinding(
        'manifest-missing',
        `The repository lacks something that the image refers to: ${fault.problem}.`,
        'Copy the whole image, with all platforms (crane copy, skopeo copy --all, oras copy): docker push and podman push leave some out. ' +
          'To check a single platform, use --platform.',
      );
    case 'unreadable':
      return makeFinding(
        'unreadable-manifest',
        `The manifest cannot be read as an image: ${fault.problem}.`,
        'Push the image again with a current builder. An image index within an image index is not supported.',
      );
  }
}

function adviseMissingTag(name: ImageName, source: RelatedTag | undefined): string {
  if (source !== undefined) {
    const image = nameWithTag(name, source.tag);
    const command = indexCommandOf({ ...name, tag: source.tag });
    return `Its source ${image} exists, but has not been indexed yet. soci-index doctor ${image} shows what would be indexed, and ${command} indexes it.`;
  }
  return 'Check the repository, tag and region. In ECR, also check whether the image has been deleted by a lifecycle policy, or archived.';
}

/** Where the image is stored. */
export function diagnosePlace({ place, repository }: ImageName): readonly Finding[] {
  switch (place) {
    case 'ecr':
      return [];
    case 'registry':
      return [
        makeFinding(
          'not-in-ecr',
          `Fargate lazy-loads only from private Amazon ECR repositories, and ${repository} is not one.`,
          'Copy the image with all its platforms and its SOCI index to a private ECR repository (a V2 index is part of the image).',
          { runtimes: ['fargate'] },
        ),
      ];
    case 'layout':
    case 'archive':
      return [
        makeFinding(
          'in-a-layout',
          'The image is in a directory or an archive, and is checked as if it were in a private ECR repository.',
          'Push it with a tool that keeps every platform, such as skopeo copy --all or oras copy.',
        ),
      ];
  }
}

/**
 * Whether the image is deployed by tag, which may move, or by digest, which never does. Images are not deployed from a
 * directory or archive.
 *
 * @param deployable The digest of an image that can be lazy-loaded: this one, or the indexed one at the tag with the
 *   suffix.
 */
export function diagnoseReference(
  name: ImageName,
  digest: Digest,
  mediaType: string,
  deployable: Digest | undefined,
): readonly Finding[] {
  if (name.place === 'layout' || name.place === 'archive') return [];
  if (name.digest === undefined) {
    return [
      makeFinding(
        'deployed-by-tag',
        `The tag ${name.tag ?? ''} points to ${digest} now, but it may be moved.`,
        deployable === undefined
          ? 'Once the image is indexed, deploy the indexed image by its digest.'
          : `Deploy ${nameWithDigest(name, deployable)} to run exactly the image that was checked here.`,
      ),
    ];
  }
  return [
    isIndexType(mediaType)
      ? makeFinding(
          'deployed-by-digest',
          'The digest is that of the image index. It never changes, and leads to every platform.',
          'Nothing to do. If the image is indexed again, it gets another digest, and must be deployed by that one.',
        )
      : makeFinding(
          'deployed-by-digest',
          'The digest is that of the manifest of one platform. It never changes, and serves only that platform.',
          'To serve every platform, deploy the digest of the image index, if the image has one.',
        ),
  ];
}
