// Combines a program with dynamic imports into one file. Parts that every start needs are code. Each other part is a string, of
// which only the length costs time until it is imported. (Node needs a flag to create an ES module from a string, so the parts
// are CommonJS.)
import { basename } from 'node:path';
import { type BuildResult, type Metafile, transform } from 'esbuild';

type SplitResult = BuildResult<{ metafile: true; write: false }>;

export interface SingleFile {
  readonly code: string;
  /** Inputs of the code that every start parses. */
  readonly startInputs: readonly string[];
}

/** @param result The result of a build with `splitting` and one entry point, named `entry`. */
export async function joinParts({ outputFiles, metafile }: SplitResult, entry: string): Promise<SingleFile> {
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]));
  const startNames = findStartParts(outputs, entry);
  const functions: string[] = [];
  const texts: string[] = [];
  for (const { path, text } of outputFiles.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const name = basename(path);
    const code = await toCommonJs(text);
    const key = JSON.stringify(`./${name}`);
    // The parentheses make V8 compile the function at once, instead of scanning it first.
    if (startNames.has(name)) functions.push(`${key}: (function (require, module, exports) {\n${code}\n}),`);
    else texts.push(`${key}: ${JSON.stringify(code)},`);
  }
  return {
    code: [
      '#!/usr/bin/env node',
      loaderImports,
      `const functions = {\n${functions.join('\n')}\n};`,
      `const texts = {\n${texts.join('\n')}\n};`,
      loader,
      `load(${JSON.stringify(`./${entry}`)});\n`,
    ].join('\n'),
    startInputs: [...startNames].flatMap((name) => Object.keys(outputs.get(name)!.inputs)),
  };
}

const loaderImports = `import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';`;

const loader = `const requireOfNode = createRequire(import.meta.url);
const modules = new Map();
function load(name) {
  const known = modules.get(name);
  if (known !== undefined) return known.exports;
  const parameters = ['require', 'module', 'exports'];
  const run = functions[name] ?? (texts[name] && compileFunction(texts[name], parameters, { filename: name }));
  if (run === undefined) return requireOfNode(name);
  const module = { exports: {} };
  modules.set(name, module);
  run(load, module, module.exports);
  return module.exports;
}`;

/** The entry point and its static imports, transitively. */
function findStartParts(
  outputs: ReadonlyMap<string, Metafile['outputs'][string]>,
  entry: string,
): ReadonlySet<string> {
  const found = new Set([entry]);
  for (const name of found) {
    for (const { path, kind } of outputs.get(name)?.imports ?? []) {
      if (kind === 'import-statement' && outputs.has(basename(path))) found.add(basename(path));
    }
  }
  return found;
}

async function toCommonJs(code: string): Promise<string> {
  const { code: converted } = await transform(code, {
    format: 'cjs',
    minify: true,
    platform: 'node',
    target: 'node20',
    charset: 'ascii',
    // Dynamic imports become calls of `require`, which is `load` here.
    supported: { 'dynamic-import': false },
  });
  return converted;
}
