// Handles blobs: reading, deleting, and every kind of upload in the specification.
import { randomUUID } from 'node:crypto';
import { algorithmOf, computeDigest } from './content-digest.ts';
import { contentOf, replyWithError, sliceOf, type Reply, type ServedContent } from './reply.ts';
import type { Repository, UploadSession } from './repository.ts';
import type { RegistryRequest } from './request.ts';

export function readBlob(request: RegistryRequest, repository: Repository, digest: string): Reply {
  const blob = repository.blobs.get(digest);
  if (blob === undefined) return replyWithError(404, 'BLOB_UNKNOWN', `blob ${digest} is unknown`);
  return replyWithRange(request, blob, { 'docker-content-digest': digest });
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-14; a registry only needs to support single ranges. */
export function replyWithRange(
  request: RegistryRequest,
  content: ServedContent,
  digestHeader: Readonly<Record<string, string>>,
): Reply {
  const headers = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes', ...digestHeader };
  const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
  if (range === null || (range[1] === '' && range[2] === '')) return { status: 200, headers, body: content };
  const [, first = '', last = ''] = range;
  const start = first === '' ? Math.max(content.size - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? content.size : Math.min(Number(last) + 1, content.size);
  if (start >= content.size || start >= end) {
    return { status: 416, headers: { ...headers, 'content-range': `bytes */${content.size}` } };
  }
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${start}-${end - 1}/${content.size}` },
    body: sliceOf(content, start, end),
  };
}

export function deleteBlob(repository: Repository, digest: string): Reply {
  if (repository.blobs.delete(digest)) return { status: 202 };
  return replyWithError(404, 'BLOB_UNKNOWN', `blob ${digest} is unknown`);
}

/** Opens an upload, or completes it at once: by a mount from another repository, or with the request's body. */
export function openUpload(
  request: RegistryRequest,
  name: string,
  repository: Repository,
  others: ReadonlyMap<string, Repository>,
): Reply {
  const mounted = request.query.get('mount');
  if (mounted !== null) {
    const from = request.query.get('from');
    const sources = from === null ? [...others.values()] : [others.get(from)];
    const content = sources.map((source) => source?.blobs.get(mounted)).find((blob) => blob !== undefined);
    if (content !== undefined) {
      repository.blobs.set(mounted, content);
      return blobCreated(name, mounted);
    }
  }
  const session: UploadSession = { id: randomUUID(), pieces: [], size: 0 };
  if (request.query.get('digest') !== null) return finishUpload(request, name, repository, session);
  repository.uploads.set(session.id, session);
  return { status: 202, headers: { ...uploadHeaders(name, session) } };
}

export function continueUpload(
  request: RegistryRequest,
  name: string,
  repository: Repository,
  id: string,
): Reply {
  const session = repository.uploads.get(id);
  // The state stands for the data that real registries encode into the URL, and that a client must send back.
  if (session === undefined || request.query.get('state') !== stateOf(session)) {
    return replyWithError(404, 'BLOB_UPLOAD_UNKNOWN', `upload ${id} is unknown`);
  }
  switch (request.method) {
    case 'GET':
      return { status: 204, headers: uploadHeaders(name, session) };
    case 'DELETE':
      repository.uploads.delete(id);
      return { status: 204 };
    case 'PATCH': {
      const refusal = appendPiece(request, name, session);
      return refusal ?? { status: 202, headers: uploadHeaders(name, session) };
    }
    case 'PUT':
      return finishUpload(request, name, repository, session);
    default:
      return replyWithError(405, 'UNSUPPORTED', `${request.method} is not supported for an upload`);
  }
}

function finishUpload(
  request: RegistryRequest,
  name: string,
  repository: Repository,
  session: UploadSession,
): Reply {
  const refusal = appendPiece(request, name, session);
  if (refusal !== undefined) return refusal;
  repository.uploads.delete(session.id);
  const digest = request.query.get('digest') ?? '';
  const algorithm = algorithmOf(digest);
  const content = Buffer.concat(session.pieces);
  if (algorithm === undefined || computeDigest(algorithm, content) !== digest) {
    return replyWithError(400, 'DIGEST_INVALID', 'the digest is not that of the uploaded content');
  }
  repository.blobs.set(digest, contentOf(content));
  return blobCreated(name, digest);
}

/** Appends the request's body, or refuses it if its range does not match. */
function appendPiece(request: RegistryRequest, name: string, session: UploadSession): Reply | undefined {
  const range = request.headers['content-range'];
  const [, first, last] = /^(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  if (range !== undefined) {
    if (Number(first) !== session.size) return { status: 416, headers: uploadHeaders(name, session) };
    if (Number(last) - Number(first) + 1 !== request.body.length) {
      return replyWithError(400, 'SIZE_INVALID', 'the length of the range differs from that of the body');
    }
  }
  session.pieces.push(request.body);
  session.size += request.body.length;
  return undefined;
}

function uploadHeaders(name: string, session: UploadSession): Record<string, string> {
  return {
    location: `/v2/${name}/blobs/uploads/${session.id}?state=${encodeURIComponent(stateOf(session))}`,
    range: `0-${Math.max(session.size - 1, 0)}`,
    'docker-upload-uuid': session.id,
  };
}

/** Contains characters that a careless client would encode again. */
function stateOf(session: UploadSession): string {
  return `${session.id}/+=&`;
}

function blobCreated(name: string, digest: string): Reply {
  return {
    status: 201,
    headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest },
  };
}
