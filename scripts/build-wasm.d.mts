/** Compiles if the sources, options or compiler have changed. Throws with the compiler's message. */
export function buildWasm(): Promise<void>;
