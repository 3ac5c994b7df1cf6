// The name under which the fuzzer finds what instrumentation.ts counts.

/** The counters, one byte a branch, are this property of the global object. */
export const countersName = '__fuzzCounters';
