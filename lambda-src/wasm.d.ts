// A .wasm file is imported as bytes, by esbuild's binary loader in dist/ and by scripts/jest-transform.cjs in tests.
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

// Only the parts that are used. TypeScript declares WebAssembly only together with all browser types (lib "DOM").
declare namespace WebAssembly {
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- here, a module is only compiled and instantiated
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
