// A request as the handlers see it: read to its end.
import type { IncomingHttpHeaders } from 'node:http';

export interface RegistryRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}
