// Handles manifests, tags and referrers.
import { algorithmOf, computeDigest } from './content-digest.ts';
import { contentOf, replyWithError, replyWithJson, type Reply } from './reply.ts';
import { parseManifestDocument, type ManifestDocument, type Repository } from './repository.ts';
import type { RegistryRequest } from './request.ts';

export interface ManifestRules {
  readonly immutableTags: boolean;
  readonly referrersApi: boolean;
  readonly referrersPageSize: number;
  readonly deletes: boolean;
}

const indexType = 'application/vnd.oci.image.index.v1+json';
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** ECR's limit in bytes, which is the minimum that the specification requires. */
const maximumManifestBytes = 4_194_304;

export function readManifest(request: RegistryRequest, repository: Repository, reference: string): Reply {
  const digest = repository.find(reference);
  const manifest = digest === undefined ? undefined : repository.manifests.get(digest);
  if (digest === undefined || manifest === undefined) {
    return replyWithError(404, 'MANIFEST_UNKNOWN', `manifest ${reference} is unknown`);
  }
  const accept = request.headers.accept;
  if (accept !== undefined && !accept.includes('*/*') && !accept.includes(manifest.mediaType)) {
    return replyWithError(404, 'MANIFEST_UNKNOWN', `the client does not accept ${manifest.mediaType}`);
  }
  const headers = { 'content-type': manifest.mediaType, 'docker-content-digest': digest };
  return { status: 200, headers, body: contentOf(manifest.bytes) };
}

export function putManifest(
  request: RegistryRequest,
  name: string,
  repository: Repository,
  reference: string,
  rules: ManifestRules,
): Reply {
  const bytes = request.body;
  if (bytes.length > maximumManifestBytes) {
    return replyWithError(
      413,
      'MANIFEST_INVALID',
      `the manifest has more than ${maximumManifestBytes} bytes`,
    );
  }
  const isTag = tagPattern.test(reference);
  const digest = computeDigest(algorithmOf(reference) ?? 'sha256', bytes);
  if (!isTag && digest !== reference) {
    return replyWithError(400, 'DIGEST_INVALID', `the manifest's digest is ${digest}`);
  }
  const document = parseManifestDocument(bytes);
  const mediaType = request.headers['content-type']?.split(';')[0]?.trim() ?? document?.mediaType ?? '';
  if (document === undefined || (document.mediaType ?? mediaType) !== mediaType) {
    return replyWithError(
      400,
      'MANIFEST_INVALID',
      'not a manifest, or not of the media type that the request declares',
    );
  }
  const missing = findMissing(repository, document);
  if (missing !== undefined) {
    return replyWithError(400, 'MANIFEST_BLOB_UNKNOWN', `${missing} is unknown to the repository`);
  }
  if (isTag) {
    if (rules.immutableTags && repository.tags.has(reference)) {
      return replyWithError(
        400,
        'TAG_INVALID',
        `The image tag '${reference}' already exists in the '${name}' repository and cannot be overwritten because ` +
          'the repository is immutable.',
      );
    }
    repository.tags.set(reference, digest);
  }
  repository.manifests.set(digest, { mediaType, bytes, document });
  const subject = rules.referrersApi ? document.subject?.digest : undefined;
  return {
    status: 201,
    headers: {
      location: `/v2/${name}/manifests/${digest}`,
      'docker-content-digest': digest,
      ...(subject === undefined ? {} : { 'oci-subject': subject }),
    },
  };
}

/** The first missing part of a manifest. Its subject may be pushed later. */
function findMissing(repository: Repository, document: ManifestDocument): string | undefined {
  const { config, layers, manifests } = document;
  const blobs = [...(config === undefined ? [] : [config]), ...layers];
  // Layers that must not be distributed are stored elsewhere.
  const missingBlob = blobs.find(
    ({ digest, mediaType }) =>
      !repository.blobs.has(digest) && !/nondistributable|\.foreign\./.test(mediaType),
  );
  const missingManifest = manifests.find(({ digest }) => !repository.manifests.has(digest));
  return missingBlob?.digest ?? missingManifest?.digest;
}

export function deleteManifest(repository: Repository, reference: string, rules: ManifestRules): Reply {
  // In ECR, deletion requires its own API.
  if (!rules.deletes) return replyWithError(405, 'UNSUPPORTED', 'manifests cannot be deleted here');
  if (repository.tags.delete(reference)) return { status: 202 };
  if (!repository.manifests.delete(reference)) {
    return replyWithError(404, 'MANIFEST_UNKNOWN', `manifest ${reference} is unknown`);
  }
  for (const [tag, digest] of repository.tags) if (digest === reference) repository.tags.delete(tag);
  return { status: 202 };
}

export function listTags(request: RegistryRequest, name: string, repository: Repository): Reply {
  const last = request.query.get('last');
  const limit = Number(request.query.get('n') ?? Infinity);
  if (Number.isNaN(limit) || limit < 0) return replyWithError(400, 'UNSUPPORTED', 'n is not a number');
  const all = [...repository.tags.keys()].sort().filter((tag) => last === null || tag > last);
  const tags = all.slice(0, limit);
  const lastTag = tags.at(-1);
  const hasMore = tags.length < all.length && lastTag !== undefined;
  const next = `/v2/${name}/tags/list?n=${limit}&last=${lastTag ?? ''}`;
  return replyWithJson(
    200,
    { name, tags },
    { 'content-type': 'application/json', ...(hasMore ? { link: `<${next}>; rel="next"` } : {}) },
  );
}

export function listReferrers(
  request: RegistryRequest,
  name: string,
  repository: Repository,
  subject: string,
  rules: ManifestRules,
): Reply {
  if (!rules.referrersApi) return replyWithError(404, 'UNSUPPORTED', 'there is no referrers API');
  if (algorithmOf(subject) === undefined) return replyWithError(400, 'DIGEST_INVALID', 'invalid digest');
  const filter = request.query.get('artifactType');
  const after = request.query.get('after') ?? '';
  const referrers = [...repository.manifests]
    .filter(([, { document }]) => document.subject?.digest === subject)
    .map(([digest, { mediaType, bytes, document }]) => ({
      mediaType,
      digest,
      size: bytes.length,
      annotations: document.annotations,
      artifactType:
        document.artifactType ?? (mediaType === indexType ? undefined : document.config?.mediaType),
    }))
    .filter(({ artifactType }) => filter === null || artifactType === filter)
    .sort((left, right) => (left.digest < right.digest ? -1 : 1));
  const rest = referrers.filter(({ digest }) => digest > after);
  const manifests = rest.slice(0, rules.referrersPageSize);
  const next = new URLSearchParams({ after: manifests.at(-1)?.digest ?? '' });
  if (filter !== null) next.set('artifactType', filter);
  const hasMore = manifests.length < rest.length;
  return replyWithJson(
    200,
    { schemaVersion: 2, mediaType: indexType, manifests },
    {
      'content-type': indexType,
      ...(filter === null ? {} : { 'oci-filters-applied': 'artifactType' }),
      ...(hasMore ? { link: `</v2/${name}/referrers/${subject}?${next.toString()}>; rel="next"` } : {}),
    },
  );
}
