// Runs before all tests. Compiles the decoder, which almost every test loads. Programs are bundled by the tests that run them
// (test/helpers/built-program.ts).
import { buildWasm } from './build-wasm.mjs';

export default buildWasm;
