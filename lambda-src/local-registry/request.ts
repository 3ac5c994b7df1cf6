// A request for the handlers, with its complete body.
import type { IncomingHttpHeaders } from 'node:http';

export interface RegistryRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}
