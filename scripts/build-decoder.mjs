// Compiles the AssemblyScript decoder to lambda-src/core/inflate/decoder.wasm, unless that is already what the sources
// and the compiler give. Plain JavaScript: jest's global setup loads it before anything could transform TypeScript.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const inflateFolder = fileURLToPath(new URL('../lambda-src/core/inflate/', import.meta.url));
const sourceFolder = `${inflateFolder}decoder/`;
const wasmPath = `${inflateFolder}decoder.wasm`;
const stampPath = fileURLToPath(new URL('../build/decoder.stamp', import.meta.url));
const compilerPackage = new URL('../node_modules/assemblyscript/package.json', import.meta.url);

const compilerOptions = [
  ['-O3', '--converge', '--noAssert'],
  // No allocator and no garbage collector: every buffer has its place in memory-layout.ts.
  ['--runtime', 'stub'],
  ['--enable', 'simd', '--enable', 'bulk-memory', '--enable', 'sign-extension'],
].flat();

/** Compiles when sources, options or compiler changed. Throws with the compiler's own words. */
export async function buildDecoder() {
  const sources = readdirSync(sourceFolder).filter((name) => name.endsWith('.ts'));
  const { version: compilerVersion } = JSON.parse(readFileSync(compilerPackage, 'utf8'));
  const hash = createHash('sha256').update(JSON.stringify([compilerVersion, compilerOptions]));
  for (const name of sources) hash.update(name).update(readFileSync(sourceFolder + name));
  const stamp = hash.digest('hex');
  if (existsSync(wasmPath) && existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return;

  // Loaded only to compile: it takes a second of CPU.
  const { default: asc } = await import('assemblyscript/asc');
  const { error, stderr } = await asc.main([
    `${sourceFolder}index.ts`,
    ...['--outFile', wasmPath],
    ...compilerOptions,
  ]);
  if (error) throw new Error(`asc: ${error.message}\n${stderr.toString()}`, { cause: error });
  mkdirSync(fileURLToPath(new URL('../build/', import.meta.url)), { recursive: true });
  writeFileSync(stampPath, stamp);
}
