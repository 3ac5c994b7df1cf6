// How long a call to AWS may take. The SDK would wait for ever where a VPC has no way to a service, and the function's own
// time-out then names neither the service nor the cause.

/** For each of the SDK's three tries. All calls here are answered within a fraction of it. */
export const callTimeouts = {
  connectionTimeout: 2_000,
  requestTimeout: 6_000,
  throwOnRequestTimeout: true,
} as const;
