// A .wasm file is imported as its bytes: by esbuild's binary loader in dist/, by scripts/jest-transform.cjs in tests.
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
