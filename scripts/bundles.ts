// The bundles of this project: the same sources give the same bytes, on any machine and any Node.
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { buildWasm } from './build-wasm.mjs';
import { joinParts } from './single-file.ts';

export const projectFolder = fileURLToPath(new URL('..', import.meta.url));

const shared = {
  absWorkingDir: projectFolder,
  bundle: true,
  platform: 'node',
  format: 'esm',
  // The ES modules of a package are bundled in part, its CommonJS whole.
  mainFields: ['module', 'main'],
  loader: { '.wasm': 'binary' },
  alias: {
    // Imports of Node's own modules are hoisted to where a bundle begins, those of code that is loaded later too.
    assert: './scripts/late-assert.cjs',
    // Half of what the agents of a proxy would add to a bundle, and it would print what they do where DEBUG asks for it.
    debug: './scripts/no-debug.cjs',
  },
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

export interface Bundle {
  readonly code: Uint8Array;
  /** What it was made of, those of programs within it too: paths in the project folder. */
  readonly inputs: readonly string[];
  /** What of it is parsed at every start; undefined if that is all. */
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
    ...shared,
    ...options,
    // Its size is read at every start.
    minify: true,
    plugins: [programAsText(programs)],
    entryPoints: [entryPoint],
    // Named, not written: the names in the metafile are relative to it.
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

/** What threads run, and where it begins. The other bundles have it in them as text. */
export const threadEntryPoints = {
  'ztoc-worker': 'lambda-src/threads/ztoc-worker.ts',
} as const;

export function bundleThread(entryPoint: string): Promise<Bundle> {
  // What a thread is given as text is a script, not a module.
  return bundleProgram(entryPoint, 'thread.js', { target: 'node20', format: 'iife' });
}

/** A script or a style sheet of a page, for browsers of the last years. */
async function bundleForBrowser(entryPoint: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: projectFolder,
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    charset: 'ascii',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    entryPoints: [entryPoint],
    write: false,
  });
  return { code: outputFiles[0]!.contents, inputs: Object.keys(metafile.inputs) };
}

const programSuffix = '?program';
const browserSuffix = '?browser';

/**
 * For `import text from '../threads/ztoc-worker.ts?program'`, and for `?browser`.
 *
 * @param inputs Receives what such programs were made of.
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

/** The command line, one file that Node 20 and later runs by itself. */
export async function bundleCommandLine(): Promise<Bundle> {
  await buildWasm();
  const programs = new Set<string>();
  const entry = 'soci-index.mjs';
  const result = await build({
    ...shared,
    target: 'node20',
    plugins: [programAsText(programs)],
    entryPoints: { 'soci-index': 'lambda-src/cli/main.ts' },
    splitting: true,
    outExtension: { '.js': '.mjs' },
    // Named, not written.
    outdir: 'parts',
    write: false,
  });
  const { code, startInputs } = await joinParts(result, entry);
  return { code: Buffer.from(code), inputs: inputsOf(result.metafile, programs), startInputs };
}

/** The GitHub Action, which runs the command line's bundle beside it. action.yml asks for Node 24. */
export function bundleAction(): Promise<Bundle> {
  return bundleProgram('lambda-src/action/main.ts', 'action.mjs', { target: 'node20' });
}

/** The Lambda functions, and where their bundles begin. */
export const functionEntryPoints = {
  filter: 'lambda-src/handlers/filter.ts',
  generator: 'lambda-src/handlers/generator-entry.ts',
} as const;

export function bundleFunction(entryPoint: string): Promise<Bundle> {
  return bundleProgram(entryPoint, 'index.mjs', { target: 'node22', banner: { js: requireBanner } });
}
