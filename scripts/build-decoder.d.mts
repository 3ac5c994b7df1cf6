/** Compiles when sources, options or compiler changed. Throws with the compiler's own words. */
export function buildDecoder(): Promise<void>;
