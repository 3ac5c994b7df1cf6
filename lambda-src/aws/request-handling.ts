// Timeouts and proxies of calls to AWS. Without a timeout, the SDK would wait forever if a VPC has no route to a service,
// and the function's own timeout would name neither the service nor the cause.
import { createAgents, isProxyConfigured } from '../registry/proxy.ts';

/** For each of the SDK's three attempts. */
const connectionMilliseconds = 2_000;
const requestMilliseconds = 6_000;

/** The SDK's `requestHandler` option. */
interface RequestHandling {
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly throwOnRequestTimeout: true;
  readonly httpAgent?: unknown;
  readonly httpsAgent?: unknown;
}

/**
 * Options for a client's `requestHandler`.
 *
 * @param extraMilliseconds Additional time for AWS to respond; most responses take a fraction of six seconds.
 */
export function requestHandling(extraMilliseconds = 0): RequestHandling {
  const timeouts = {
    connectionTimeout: connectionMilliseconds,
    requestTimeout: requestMilliseconds + extraMilliseconds,
    throwOnRequestTimeout: true,
  } as const;
  if (!isProxyConfigured()) return timeouts;
  // Without a proxy, the SDK creates its own agent.
  const { http, https } = createAgents(connectionMilliseconds);
  return { ...timeouts, httpAgent: http, httpsAgent: https };
}
