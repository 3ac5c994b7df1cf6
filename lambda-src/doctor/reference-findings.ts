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
        `There is no ${formatName(name)}, or these credentials do not allow reading it: ${fault.problem}.`,
        adviseMissingTag(name, source),
      );
    case 'schema 1':
      return makeFinding(
        'docker-schema-1',
        'It is a Docker manifest of schema 1, which cannot have a SOCI index and which current versions of containerd do not pull.',
        'Build and push the image again with a current builder; its manifest is then of schema 2 or OCI.',
      );
    case 'attestation':
      return makeFinding(
        'attestation',
        'It is an attestation that BuildKit made about an image, not an image.',
        'Deploy the tag, or the digest of the image index: the attestation is one of its entries.',
      );
    case 'artifact':
      return makeFinding(
        'not-an-image',
        `It is not a container image but an artifact of type ${quoteText(fault.artifactType)}.`,
        'Name the image itself. A chart, a signature or a bill of materials cannot be lazy-loaded.',
      );
    case 'soci index':
      return makeFinding(
        'soci-index-deployed',
        `It is a SOCI index (${fault.version}) itself, which no runtime runs.`,
        fault.subject === undefined
          ? 'Deploy the tag of the image that was made with it, or the digest of its image index.'
          : `Deploy the image, ${nameWithDigest(name, fault.subject)}, or its tag; the index is found from there.`,
      );
    case 'no platform':
      return makeFinding(
        'no-platform',
        'It is an image index without platforms, so it contains nothing to run.',
        'Name the image itself. This may be a fallback tag with a list of referrers, or an index of artifacts.',
      );
    case 'manifest missing':
      return makeFinding(
        'manifest-missing',
        `The repository does not have everything that the image refers to: ${fault.problem}.`,
        'Copy the whole image, with all platforms (crane copy, skopeo copy --all, oras copy): docker push and podman push leave some out. ' +
          'To check a single platform, use --platform.',
      );
    case 'unreadable':
      return makeFinding(
        'unreadable-manifest',
        `It cannot be read as an image: ${fault.problem}.`,
        'Push the image again with a current builder. An image index within an image index is not supported.',
      );
  }
}

function adviseMissingTag(name: ImageName, source: RelatedTag | undefined): string {
  if (source !== undefined) {
    const image = nameWithTag(name, source.tag);
    const command = indexCommandOf({ ...name, tag: source.tag });
    return `Its source ${image} is there, and has not been indexed yet: soci-index doctor ${image} says what would be, ${command} does it.`;
  }
  return 'Check repository, tag and region; in ECR also whether the image has been deleted by a lifecycle policy or archived.';
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
          `Fargate loads lazily from private Amazon ECR repositories only; ${repository} is not in one.`,
          'Copy the image with all its platforms to a private ECR repository, and its SOCI index with it (V2 is a part of the image).',
          { runtimes: ['fargate'] },
        ),
      ];
    case 'layout':
    case 'archive':
      return [
        makeFinding(
          'in-a-layout',
          'It is in a directory or an archive, and is checked as if it were in a private ECR repository.',
          'Push it with a tool that keeps every platform, such as skopeo copy --all or oras copy.',
        ),
      ];
  }
}

/**
 * Deployment by tag or by digest: a tag may move, a digest never does. Images are not deployed from a directory or archive.
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
        `The tag ${name.tag ?? ''} points to ${digest} now, and may be moved.`,
        deployable === undefined
          ? 'Once there is an image with a SOCI index, deploy that by its digest.'
          : `Deploy ${nameWithDigest(name, deployable)} to run exactly the image that was checked here.`,
      ),
    ];
  }
  return [
    isIndexType(mediaType)
      ? makeFinding(
          'deployed-by-digest',
          'The digest is that of the image index: it never changes, and every platform is found from it.',
          'Nothing to do. An image that is indexed again has another digest and must be deployed by that one.',
        )
      : makeFinding(
          'deployed-by-digest',
          'The digest is that of the manifest of one platform: it never changes, and serves that platform only.',
          'To serve every platform deploy the digest of the image index, if the image has one.',
        ),
  ];
}
