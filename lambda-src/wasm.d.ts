// A .wasm file is imported as its bytes: by esbuild's binary loader in dist/, by scripts/jest-transform.cjs in tests.
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

// What is used of it. TypeScript has these types only together with all of the browser's (lib "DOM").
declare namespace WebAssembly {
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- that is all one can do with a module here
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module);
    readonly exports: Record<string, unknown>;
  }
  interface Memory {
    readonly buffer: ArrayBuffer;
  }
}
