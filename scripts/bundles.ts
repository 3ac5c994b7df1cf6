// The bundles of this project: the same sources give the same bytes, on any machine and any Node.
import { chmodSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { buildDecoder } from './build-decoder.mjs';

export const projectFolder = fileURLToPath(new URL('..', import.meta.url));

const shared = {
  absWorkingDir: projectFolder,
  bundle: true,
  platform: 'node',
  format: 'esm',
  // The ES modules of a package are bundled in part, its CommonJS whole.
  mainFields: ['module', 'main'],
  loader: { '.wasm': 'binary' },
  // One character beyond Latin-1, and V8 keeps and scans the whole bundle at two bytes a character.
  charset: 'ascii',
  // Their licences are in THIRD-PARTY-LICENSES.txt.
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** A bundle in ES module form has no `require`, which CommonJS packages within it call for Node's own modules. */
const requireBanner = `import { createRequire as createRequireOfBundle } from 'node:module';
const require = createRequireOfBundle(import.meta.url);`;

interface Bundle {
  readonly code: Uint8Array;
  readonly metafile: Metafile;
}

/** Minified, since its size is read at every start. */
async function bundleProgram(
  entryPoint: string,
  outfile: string,
  options: Pick<BuildOptions, 'target' | 'format' | 'plugins' | 'banner'>,
): Promise<Bundle> {
  await buildDecoder();
  const { outputFiles, metafile } = await build({
    ...shared,
    ...options,
    entryPoints: [entryPoint],
    // Named, not written: the names in the metafile are relative to it.
    outfile,
    write: false,
    minify: true,
  });
  return { code: outputFiles[0]!.contents, metafile };
}

/** What threads run, and where it begins. The other bundles have it in them as text. */
export const threadEntryPoints = {
  'ztoc-worker': 'lambda-src/threads/ztoc-worker.ts',
  'span-digest-thread': 'lambda-src/cli/span-digest-thread.ts',
} as const;

export function bundleThread(entryPoint: string): Promise<Bundle> {
  // What a thread is given as text is a script, not a module.
  return bundleProgram(entryPoint, 'thread.js', { target: 'node20', format: 'iife' });
}

/** For `import text from '../threads/ztoc-worker.ts?program'`. */
const programAsText: Plugin = {
  name: 'program as text',
  setup(bundle) {
    bundle.onLoad({ filter: /\.ts$/ }, async ({ path, suffix }) =>
      suffix === '?program' ? { contents: (await bundleThread(path)).code, loader: 'text' } : undefined,
    );
  },
};

/** The command line, one file that Node 20 and later runs by itself. */
export async function bundleCommandLine(outfile: string): Promise<Metafile> {
  await buildDecoder();
  const { metafile } = await build({
    ...shared,
    plugins: [programAsText],
    entryPoints: ['lambda-src/cli/main.ts'],
    outfile,
    target: 'node20',
    banner: { js: `#!/usr/bin/env node\n${requireBanner}` },
  });
  chmodSync(outfile, 0o755);
  return metafile;
}

/** The GitHub Action, which runs the command line's bundle beside it. */
export async function bundleAction(outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    ...shared,
    entryPoints: ['lambda-src/action/main.ts'],
    outfile,
    // action.yml asks for Node 24; tests run it on the Node at hand too.
    target: 'node20',
  });
  return metafile;
}

/** The Lambda functions, and where their bundles begin. */
export const functionEntryPoints = {
  filter: 'lambda-src/handlers/filter.ts',
  generator: 'lambda-src/handlers/generator-entry.ts',
} as const;

export function bundleFunction(entryPoint: string): Promise<Bundle> {
  return bundleProgram(entryPoint, 'index.mjs', {
    target: 'node22',
    plugins: [programAsText],
    banner: { js: requireBanner },
  });
}
