// How calls to AWS are made: how long one may take, and by which proxy it goes. The SDK would wait for ever where a VPC has
// no way to a service, and the function's own time-out then names neither the service nor the cause.
import { createAgents, isProxyConfigured } from '../registry/proxy.ts';

/** For each of the SDK's three tries. */
const connectionMilliseconds = 2_000;
const requestMilliseconds = 6_000;

/** What the SDK's `requestHandler` takes. */
interface RequestHandling {
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly throwOnRequestTimeout: true;
  readonly httpAgent?: unknown;
  readonly httpsAgent?: unknown;
}

/**
 * The options of a client's `requestHandler`.
 *
 * @param extraMilliseconds What AWS may take longer for an answer than for most, which come within a fraction of six
 *   seconds.
 */
export function requestHandling(extraMilliseconds = 0): RequestHandling {
  const timeouts = {
    connectionTimeout: connectionMilliseconds,
    requestTimeout: requestMilliseconds + extraMilliseconds,
    throwOnRequestTimeout: true,
  } as const;
  if (!isProxyConfigured()) return timeouts;
  // Without a proxy the SDK makes its own.
  const { http, https } = createAgents(connectionMilliseconds);
  return { ...timeouts, httpAgent: http, httpsAgent: https };
}
