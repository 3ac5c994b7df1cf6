// The name by which the fuzzer finds the counters of instrumentation.ts.

/** The counters, one byte per branch, are this property of the global object. */
export const countersName = '__fuzzCounters';
