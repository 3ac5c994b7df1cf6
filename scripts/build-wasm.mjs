// Compiles the AssemblyScript of lambda-src/core to core.wasm, unless it is already up to date with the sources and the compiler.
// This is plain JavaScript because jest's global setup loads it before TypeScript can be transformed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const coreFolder = fileURLToPath(new URL('../lambda-src/core/', import.meta.url));
const wasmPath = `${coreFolder}core.wasm`;
const stampPath = fileURLToPath(new URL('../build/core-wasm.stamp', import.meta.url));
const compilerPackage = new URL('../node_modules/assemblyscript/package.json', import.meta.url);

const compilerOptions = [
  ['-O3', '--converge', '--noAssert'],
  // No allocator and no garbage collector are needed, because every buffer has a fixed address in memory-layout.ts.
  ['--runtime', 'stub'],
  ['--enable', 'simd', '--enable', 'bulk-memory', '--enable', 'sign-extension'],
].flat();

/** Folders of its sources: those in wasm/, and files that are also compiled as TypeScript. */
const sourceFolders = ['wasm', 'tar', 'ztoc'];

/** Compiles if the sources, options or compiler have changed. Throws with the compiler's message. */
export async function buildWasm() {
  const { version: compilerVersion } = JSON.parse(readFileSync(compilerPackage, 'utf8'));
  const hash = createHash('sha256').update(JSON.stringify([compilerVersion, compilerOptions]));
  for (const folder of sourceFolders) {
    const names = readdirSync(coreFolder + folder, { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((one) => one.endsWith('.ts')).sort()) {
      hash.update(name).update(readFileSync(`${coreFolder}${folder}/${name}`));
    }
  }
  const stamp = hash.digest('hex');
  if (existsSync(wasmPath) && existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return;

  // Loaded only when needed, because that takes a second of CPU time.
  const { default: asc } = await import('assemblyscript/asc');
  const { error, stderr } = await asc.main([
    `${coreFolder}wasm/index.ts`,
    ...['--outFile', wasmPath],
    ...compilerOptions,
  ]);
  if (error) throw new Error(`asc: ${error.message}\n${stderr.toString()}`, { cause: error });
  mkdirSync(fileURLToPath(new URL('../build/', import.meta.url)), { recursive: true });
  writeFileSync(stampPath, stamp);
}
