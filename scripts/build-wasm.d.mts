/** Compiles when sources, options or compiler changed. Throws with the compiler's own words. */
export function buildWasm(): Promise<void>;
