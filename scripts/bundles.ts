// Builds the bundles of this project. The same sources result in the same bytes on any machine and with any version of Node.
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { buildWasm } from './build-wasm.mjs';
import { joinParts } from './single-file.ts';

export const projectFolder = fileURLToPath(new URL('..', import.meta.url));

const common = {
  absWorkingDir: projectFolder,
  bundle: true,
  // With a single character beyond Latin-1, V8 would store and scan the whole bundle at two bytes per character.
  charset: 'ascii',
  // Their licences are in THIRD-PARTY-LICENSES.txt.
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
} as const satisfies BuildOptions;

const forNode = {
  ...common,
  platform: 'node',
  format: 'esm',
  // ES modules of a package are bundled in part, CommonJS modules completely.
  mainFields: ['module', 'main'],
  loader: { '.wasm': 'binary' },
  alias: {
    // esbuild hoists imports of Node's modules to the start of a bundle, even those of code that is loaded later.
    assert: './scripts/late-assert.cjs',
    // The real package would add half the size of a proxy agent, and would print diagnostics if DEBUG is set.
    debug: './scripts/no-debug.cjs',
  },
} as const satisfies BuildOptions;

/** An ES module bundle has no `require`, which bundled CommonJS packages call for Node's modules. */
const requireBanner = `import { createRequire as createRequireOfBundle } from 'node:module';
const require = createRequireOfBundle(import.meta.url);`;

export interface Bundle {
  readonly code: Uint8Array;
  /** Paths of its inputs in the project folder, including those of embedded programs. */
  readonly inputs: readonly string[];
  /** Inputs that are parsed at every start; undefined if that is all of them. */
  readonly startInputs?: readonly string[];
}

async function bundleProgram(
  entryPoint: string,
  outfile: string,
  options: Pick<BuildOptions, 'target' | 'format' | 'banner'>,
): Promise<Bundle> {
  await buildWasm();
  const programs = new Set<string>();
  const { outputFiles, metafile } = await build({
    ...forNode,
    ...options,
    // Every start reads all of it.
    minify: true,
    plugins: [programAsText(programs)],
    entryPoints: [entryPoint],
    // Nothing is written there; the names in the metafile are relative to it.
    outfile,
    write: false,
  });
  return { code: outputFiles[0]!.contents, inputs: inputsOf(metafile, programs) };
}

function inputsOf({ inputs }: Metafile, programs: ReadonlySet<string>): readonly string[] {
  const own = Object.keys(inputs).filter(
    (path) => !path.endsWith(programSuffix) && !path.endsWith(browserSuffix),
  );
  return [...new Set([...own, ...programs])];
}

/** Programs of threads, by entry point. Other bundles embed them as text. */
export const threadEntryPoints = {
  'ztoc-worker': 'lambda-src/threads/ztoc-worker.ts',
} as const;

export function bundleThread(entryPoint: string): Promise<Bundle> {
  // The program of a thread is a script, not a module.
  return bundleProgram(entryPoint, 'thread.js', { target: 'node20', format: 'iife' });
}

/** A script or style sheet of a page, for current browsers. */
async function bundleForBrowser(entryPoint: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    ...common,
    minify: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    entryPoints: [entryPoint],
    write: false,
  });
  return { code: outputFiles[0]!.contents, inputs: Object.keys(metafile.inputs) };
}

const programSuffix = '?program';
const browserSuffix = '?browser';

/**
 * Implements `import text from '../threads/ztoc-worker.ts?program'`, and the same with `?browser`.
 *
 * @param inputs Receives the inputs of these programs.
 */
function programAsText(inputs: Set<string>): Plugin {
  const bundlers = new Map([
    [programSuffix, bundleThread],
    [browserSuffix, bundleForBrowser],
  ]);
  return {
    name: 'program as text',
    setup(bundle) {
      bundle.onLoad({ filter: /\.(?:ts|css)$/ }, async ({ path, suffix }) => {
        const bundleText = bundlers.get(suffix);
        if (bundleText === undefined) return undefined;
        const program = await bundleText(path);
        for (const input of program.inputs) inputs.add(input);
        return { contents: program.code, loader: 'text' };
      });
    },
  };
}

/** The command line, one file that runs on Node 20 and later. */
export async function bundleCommandLine(): Promise<Bundle> {
  await buildWasm();
  const programs = new Set<string>();
  const entry = 'soci-index.mjs';
  const result = await build({
    ...forNode,
    target: 'node20',
    plugins: [programAsText(programs)],
    entryPoints: { 'soci-index': 'lambda-src/cli/main.ts' },
    splitting: true,
    outExtension: { '.js': '.mjs' },
    // Nothing is written there.
    outdir: 'parts',
    write: false,
  });
  const { code, startInputs } = await joinParts(result, entry);
  return { code: Buffer.from(code), inputs: inputsOf(result.metafile, programs), startInputs };
}

/**
 * The GitHub Action, which runs the command line's bundle in the same directory. action.yml requires Node 24.
 */
export function bundleAction(): Promise<Bundle> {
  return bundleProgram('lambda-src/action/main.ts', 'action.mjs', { target: 'node20' });
}

/** The Lambda functions, by entry point. */
export const functionEntryPoints = {
  filter: 'lambda-src/handlers/filter.ts',
  generator: 'lambda-src/handlers/generator-entry.ts',
} as const;

export function bundleFunction(entryPoint: string): Promise<Bundle> {
  return bundleProgram(entryPoint, 'index.mjs', { target: 'node22', banner: { js: requireBanner } });
}
