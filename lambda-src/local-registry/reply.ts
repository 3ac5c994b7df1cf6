// The response of a handler. It is a value, so that tests can modify it before it is sent.

/** Content that is stored, or generated while it is read, so that a layer of 10 GB needs no memory. */
export interface ServedContent {
  readonly size: number;
  /** The bytes from `start`, excluding `end`. */
  read(start: number, end: number): Iterable<Uint8Array>;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent with its length. For HEAD, only the length is sent. */
  readonly body?: ServedContent;
}

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes */
type ErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'TAG_INVALID'
  | 'UNAUTHORIZED'
  | 'UNSUPPORTED';

export function replyWithError(
  status: number,
  code: ErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const json = { errors: [{ code, message }] };
  return replyWithJson(status, json, { 'content-type': 'application/json', ...headers });
}

export function replyWithJson(
  status: number,
  json: unknown,
  headers: Readonly<Record<string, string>>,
): Reply {
  return { status, headers, body: contentOf(new TextEncoder().encode(JSON.stringify(json))) };
}

export function contentOf(bytes: Uint8Array): ServedContent {
  return { size: bytes.length, read: (start, end) => [bytes.subarray(start, end)] };
}

/** A range of the content. */
export function sliceOf(content: ServedContent, start: number, end: number): ServedContent {
  return { size: end - start, read: (from, to) => content.read(start + from, start + to) };
}
