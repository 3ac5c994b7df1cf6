// Where a test gets between a client and the registry: on the way of a request in, and of its answer out.
import type { ServerResponse } from 'node:http';
import type { Reply } from './reply.ts';

export interface RequestFacts {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

/** What is done to one request. */
export interface Interception {
  /** Answers so, and does nothing of what was asked. Where the registry has access control, a 401 becomes its challenge. */
  readonly reply?: Reply;
  /** Resets the connection after so many bytes of the request's body, and does nothing. */
  readonly requestBytes?: number;
  /** Answers a request for a range with the whole. */
  readonly ignoresRange?: boolean;
  /** Sends the answer instead of the registry. @returns Bytes of the body that were sent; undefined where nothing was answered. */
  readonly send?: (response: ServerResponse, method: string, reply: Reply) => Promise<number | undefined>;
}

/** Decides on each request, in the order in which they come. */
export type Interceptor = (request: RequestFacts) => Interception | undefined;
