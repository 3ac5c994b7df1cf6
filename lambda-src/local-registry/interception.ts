// Lets a test intercept requests to the registry, and its responses.
import type { ServerResponse } from 'node:http';
import type { Reply } from './reply.ts';

export interface RequestFacts {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

/** What to do with one request. */
export interface Interception {
  /** Sends this response, and does nothing else. With access control, the challenge is added to a 401 response. */
  readonly reply?: Reply;
  /** Resets the connection after this many bytes of the request's body, and does nothing else. */
  readonly requestBytes?: number;
  /** Answers a range request with the whole blob. */
  readonly ignoresRange?: boolean;
  /**
   * Sends the response instead of the registry. @returns Bytes of the body that were sent; undefined if there was no
   * response.
   */
  readonly send?: (response: ServerResponse, method: string, reply: Reply) => Promise<number | undefined>;
}

/** Decides about each request, in order of arrival. */
export type Interceptor = (request: RequestFacts) => Interception | undefined;
