// Findings about the whole image: platforms, media types, attestations, signatures, and what runtimes require in addition.
import type { ContentReader } from '../content/content-store.ts';
import { tryListReferrers } from '../content/referrer.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { dockerManifestListType, dockerManifestType } from '../core/oci/media-type.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import { isTag } from '../core/oci/reference.ts';
import { isAttestationEntry, referenceDigestAnnotation } from '../core/soci/manifest-kind.ts';
import { describeEntry } from '../image/source-image.ts';
import type { ExaminedImage } from './examined-image.ts';
import { fallbackTagOf } from './examined-indexes.ts';
import { type Finding, makeFinding } from './finding.ts';
import { formatName, type ImageName, indexCommandOf, sourceTagOf } from './image-name.ts';
import { findCounterpart, isSameImage, namesSociIndex, type RelatedTag } from './related-tag.ts';
import { type Runtime, runtimes, runtimesFor } from './runtime.ts';

/** Which platforms can be lazy-loaded at all, and which requested ones are missing. */
export function diagnosePlatforms({ platforms, missing, available }: ExaminedImage): readonly Finding[] {
  const offer = available.map(formatPlatform).join(', ');
  const absent = missing.map((platform) =>
    makeFinding(
      'platform-missing',
      `The image has no manifest for ${formatPlatform(platform)}; it has ${offer}.`,
      'Build and push the image for this platform too (docker buildx build --platform), or run it on a platform that it has.',
      { platform: formatPlatform(platform) },
    ),
  );
  const never = platforms.flatMap(({ platform }) => {
    const without = runtimes.filter((runtime) => !runtimesFor(platform).includes(runtime));
    if (without.length === 0) return [];
    return [
      makeFinding(
        'platform-without-soci',
        platform.os === 'windows'
          ? 'Windows containers are never loaded lazily.'
          : platform.architecture === ''
            ? 'The image does not name its architecture, and containerd selects no such entry from an image index.'
            : `Not every runtime lazy-loads images for ${formatPlatform(platform)}: all require Linux, and Fargate and EKS also require x86_64 or arm64.`,
        platform.architecture === ''
          ? 'Build the image for a platform (crane append with a base image, docker buildx build --platform).'
          : 'Nothing to do for this platform. Other platforms of the image are checked separately.',
        { platform: formatPlatform(platform), runtimes: without },
      ),
    ];
  });
  const nowhere = runtimes.filter(
    (runtime) =>
      missing.length === 0 && !platforms.some(({ platform }) => runtimesFor(platform).includes(runtime)),
  );
  if (nowhere.length === 0) return [...absent, ...never];
  return [
    ...absent,
    ...never,
    makeFinding(
      'no-lazy-platform',
      'The runtime cannot lazy-load any of these platforms.',
      'Build the image for linux/amd64 or linux/arm64. Lazy loading requires Linux; Fargate and EKS also require x86_64 or arm64.',
      { runtimes: nowhere },
    ),
  ];
}

/** Docker's media types work, but indexing replaces them, which users should expect. */
export function diagnoseMediaTypes({ mediaType, index }: ExaminedImage): readonly Finding[] {
  const types = [mediaType, ...index.manifests.map((entry) => entry.mediaType)];
  if (!types.some((type) => type === dockerManifestType || type === dockerManifestListType)) return [];
  return [
    makeFinding(
      'docker-media-types',
      'The image has Docker media types (schema 2). It can be indexed.',
      'Nothing to do. The V2 image has OCI manifests; its layers do not change.',
    ),
  ];
}

/** BuildKit's attestations that do not name a manifest of the image index. */
export function diagnoseAttestations({ index }: ExaminedImage): readonly Finding[] {
  const digests = new Set<string>(index.manifests.map(({ digest }) => digest));
  const detached = index.manifests.filter((entry) => {
    const isUnknown = entry.platform?.os === 'unknown' && entry.platform.architecture === 'unknown';
    if (!isUnknown && !isAttestationEntry(entry)) return false;
    return !digests.has(entry.annotations?.[referenceDigestAnnotation] ?? '');
  });
  const [first] = detached;
  if (first === undefined) return [];
  return [
    makeFinding(
      'attestation-detached',
      `${detached.length === 1 ? 'An attestation' : `${detached.length} attestations`} (${first.digest}) in the image index cannot be matched to a manifest in it, so scanners and policies no longer find the provenance or bill of materials. Lazy loading is not affected.`,
      'Index the source image with soci-index index or this module, which keep the annotations and point them to the new manifests.',
    ),
  ];
}

/** Entries of the image index that would break a copy, or that no runtime would choose. */
export function diagnoseEntries(image: ExaminedImage, cure: string): readonly Finding[] {
  const findings: Finding[] = [];
  const [missing] = image.missingEntries;
  if (missing !== undefined) {
    findings.push(
      makeFinding(
        'entry-missing',
        `The image index names ${describeEntry(missing)}, which is not in the repository. Tools that copy the whole image fail, and so does indexing (manifest-missing).`,
        'Push or copy the whole image again, with its attestations (crane copy, skopeo copy --all, oras copy).',
      ),
    );
  }
  const lost = image.sociEntries.filter(
    ({ entry, found }) => found.kind !== 'other' && entry.artifactType === undefined,
  );
  if (lost.length > 0) {
    findings.push(
      makeFinding(
        'entry-type-lost',
        `The entry of the SOCI index ${lost[0]!.entry.digest} has lost its artifact type; skopeo copy --all 1.9 and buildah manifest drop it. Runtimes do not need it, but other tools may not recognize the index.`,
        cure,
      ),
    );
  }
  const [without] = image.withoutPlatform;
  if (without !== undefined) {
    findings.push(
      makeFinding(
        'entry-without-platform',
        `The image index lists the manifest ${without.digest} without a platform, so runtimes cannot select it, and it is not indexed.`,
        'Add its platform to the image index (crane index append, regctl index add --platform), or remove it.',
      ),
    );
  }
  return findings;
}

/** Whether the source and the indexed image belong to the same push, starting from the tag with the suffix. */
export function diagnoseSourceTag(
  image: ExaminedImage,
  name: ImageName,
  sourceTag: RelatedTag | undefined,
): readonly Finding[] {
  if (sourceTag === undefined) return [];
  const hasMoved = image.platforms.some((platform) => {
    const source = findCounterpart(sourceTag, platform);
    return source !== undefined && !isSameImage(source.manifest, platform.manifest);
  });
  if (!hasMoved) return [];
  return [
    makeFinding(
      'soci-tag-behind',
      `The tag ${sourceTag.tag} now points to another image (${sourceTag.digest}). Most likely this one was built for an earlier push.`,
      `To deploy the newer image, index it: ${indexCommandOf({ ...name, tag: sourceTag.tag })}. If its push event arrived, the generator's log shows the outcome.`,
    ),
  ];
}

/** What the tag with the suffix points to, if it is not an indexed image. */
export function diagnoseTargetTag(
  { tag }: ImageName,
  targetTag: RelatedTag | undefined,
  tagSuffix: string,
  hasIndex: boolean,
): readonly Finding[] {
  if (tag !== undefined && sourceTagOf(tag, tagSuffix) === undefined && !isTag(`${tag}${tagSuffix}`)) {
    return [
      makeFinding(
        'suffix-tag-too-long',
        `The tag has ${tag.length} characters. With ${tagSuffix} appended, it exceeds the limit of 128, so no V2 image can have that tag.`,
        'Use a shorter tag, or a shorter --tag-suffix (in the module: target_tag_template).',
      ),
    ];
  }
  // Without any index, this is a problem (target-tag-taken), not advice.
  if (targetTag === undefined || !hasIndex || targetTag.platforms.some(namesSociIndex)) return [];
  return [
    makeFinding(
      'suffix-tag-without-index',
      `The tag ${targetTag.tag} points to an image without SOCI indexes (${targetTag.digest}). Indexing does not overwrite it and is skipped (target-tag-taken).`,
      'Remove that tag, or index with another --tag-suffix (in the module: target_tag_template).',
    ),
  ];
}

/** Artifact types of signatures that common tools attach as referrers. */
const signatureTypes: ReadonlySet<string | undefined> = new Set([
  'application/vnd.cncf.notary.signature',
  'application/vnd.dev.cosign.artifact.sig.v1+json',
  'application/vnd.dev.sigstore.bundle.v0.3+json',
]);

/** A signature belongs to a digest, and a V2 image has a new digest. */
export async function diagnoseSignatures(
  store: ContentReader,
  source: Digest,
  converted: Digest,
  name: ImageName,
): Promise<readonly Finding[]> {
  if (!(await isSigned(store, source)) || (await isSigned(store, converted))) return [];
  return [
    makeFinding(
      'signature-not-carried',
      `The source image ${source} is signed, but the indexed image ${converted} is not: a signature covers one digest.`,
      `Sign the new digest too (cosign sign ${formatName({ ...name, digest: converted })}). With ECR's managed signing, set the module's signing_profile_arns.`,
    ),
  ];
}

async function isSigned(store: ContentReader, digest: Digest): Promise<boolean> {
  const { referrers } = await tryListReferrers(store, digest);
  if (referrers.some(({ artifactType }) => signatureTypes.has(artifactType))) return true;
  // https://github.com/sigstore/cosign/blob/v2.4.1/specs/SIGNATURE_SPEC.md#tag-based-discovery
  return (await store.resolve(`${fallbackTagOf(digest)}.sig`)) !== undefined;
}

const requirements: Readonly<Record<Runtime, { readonly message: string; readonly advice: string }>> = {
  fargate: {
    message:
      'Amazon ECS tasks on Fargate (Linux platform version 1.4.0) lazy-load images from private ECR repositories that have the SOCI index in the same repository.',
    advice:
      'No setting is needed. The task metadata endpoint version 4 shows the snapshotter of each container: soci or overlayfs.',
  },
  eks: {
    message:
      'EKS nodes lazy-load if the SOCI snapshotter (0.10.0 or later for V2) is set up when they are launched. It then applies to all their containers.',
    advice:
      "Install it in the node's user data and set it as containerd's snapshotter (https://github.com/awslabs/soci-snapshotter/blob/v0.15.0/docs/eks.md). Its parallel pull mode is not lazy loading, and disables it.",
  },
  snapshotter: {
    message:
      'Lazy loading by containerd requires the SOCI snapshotter (0.10.0 or later for V2), snapshot annotations, and credentials for the registry.',
    advice:
      'Set snapshotter = "soci" and disable_snapshot_annotations = false (containerd 2.1 with the transfer service: enable_remote_snapshot_annotations), and leave [pull_modes.soci_v2] enabled and parallel_pull_unpack disabled.',
  },
};

/** Requirements of a runtime that cannot be checked in a registry. */
export function diagnoseRequirements(runtime: Runtime): Finding {
  const { message, advice } = requirements[runtime];
  return makeFinding(`${runtime}-requirements`, message, advice, { runtimes: [runtime] });
}
