// Dependencies point inwards (docs/architecture.md). This test reads every import of lambda-src and holds them so.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

const sources = join(__dirname, '..', 'lambda-src');

/** What each folder may import: folders, packages, and modules of Node. A folder may always import itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  // Pure: no I/O.
  core: ['flatbuffers', 'minimatch', 'node:crypto'],
  content: ['core', 'node:*'],
  // `http` is the module whose types proxy.ts adds to.
  registry: ['content', 'core', 'http', 'http-proxy-agent', 'https-proxy-agent', 'proxy-from-env', 'node:*'],
  // An image's manifests and its SOCI indexes: reads JSON, writes nothing.
  image: ['content', 'core'],
  threads: ['core', 'node:*'],
  // zstd layers are read for the sake of the layers above them.
  indexer: ['image', 'threads', 'content', 'core', 'fzstd', 'node:*'],
  verifier: ['indexer', 'image', 'threads', 'content', 'core'],
  events: ['core'],
  // What a start fetches, predicted from zTOCs.
  estimate: ['image', 'content', 'core'],
  doctor: ['content', 'image', 'indexer', 'events', 'core'],
  aws: ['registry', 'content', 'core', '@aws-sdk/*', 'node:*'],
  // The functions' environment.
  settings: ['events', 'core'],
  handlers: [
    'settings',
    'aws',
    'registry',
    'content',
    'image',
    'indexer',
    'threads',
    'events',
    'core',
    'node:*',
  ],
  terminal: ['core', 'node:*'],
  // What SOCI indexes say, for people.
  inspector: ['image', 'content', 'core'],
  // The HTML page; what is in page/ runs in a browser.
  report: ['inspector', 'estimate', 'doctor', 'core', 'd3-hierarchy', 'node:crypto'],
  cli: [
    'demo',
    'terminal',
    'aws',
    'registry',
    'content',
    'image',
    'indexer',
    'threads',
    'doctor',
    'estimate',
    'inspector',
    'report',
    'verifier',
    'settings',
    'events',
    'core',
    'commander',
    'node:*',
    'package.json',
  ],
  action: ['cli', 'terminal', 'core', 'node:*'],
  demo: [
    'commander',
    'cli',
    'terminal',
    'handlers',
    'local-registry',
    'aws',
    'registry',
    'content',
    'image',
    'indexer',
    'threads',
    'settings',
    'events',
    'core',
    'tar-stream',
    'node:*',
  ],
  'local-registry': ['content', 'core', 'node:*'],
};

interface Import {
  readonly file: string;
  readonly folder: string;
  readonly target: string;
}

function folderOf(path: string): string {
  const inside = relative(sources, path);
  return inside.startsWith('..') ? inside.slice(inside.lastIndexOf('/') + 1) : inside.split('/')[0]!;
}

const sourceFiles = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('core/wasm/'))
  .map((name) => join(sources, name));

function readImports(): readonly Import[] {
  return sourceFiles.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const specifiers = ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
    return specifiers.map((specifier) => ({
      file: relative(sources, file),
      folder: folderOf(file),
      target: specifier.startsWith('.') ? folderOf(resolve(dirname(file), specifier)) : specifier,
    }));
  });
}

function isAllowed({ folder, target }: Import): boolean {
  if (target === folder || target === 'wasm.d.ts') return true;
  return (allowed[folder] ?? []).some((pattern) =>
    pattern.endsWith('*') ? target.startsWith(pattern.slice(0, -1)) : target === pattern,
  );
}

describe('imports', () => {
  const imports = readImports();

  test('are read at all', () => {
    expect(imports.length).toBeGreaterThan(20);
    expect(imports).toContainEqual({
      file: 'core/ztoc/span-digests.ts',
      folder: 'core',
      target: 'node:crypto',
    });
    expect(imports).toContainEqual({ file: 'core/ztoc/ztoc-builder.ts', folder: 'core', target: 'core' });
  });

  test('point inwards', () => {
    expect(imports.filter((one) => !isAllowed(one))).toEqual([]);
  });

  test.each<readonly [string, string]>([
    ['core', 'node:fs'],
    ['core', 'node:zlib'],
    ['core', 'content'],
    ['indexer', 'registry'],
    ['registry', 'aws'],
    ['events', 'node:fs'],
    ['doctor', 'registry'],
    ['verifier', 'registry'],
    ['indexer', 'verifier'],
    ['image', 'indexer'],
    ['image', 'node:fs'],
    ['threads', 'content'],
    ['terminal', 'cli'],
    ['cli', 'handlers'],
    ['cli', 'local-registry'],
    ['content', 'registry'],
    ['settings', 'aws'],
  ])('%s may not import %s', (folder, target) => {
    expect(isAllowed({ file: 'x.ts', folder, target })).toBe(false);
  });

  test("the functions' variables are read in settings alone", () => {
    const readers = sourceFiles.filter((file) =>
      /\b(?:SOCI_[A-Z]|GENERATOR_FUNCTION)/.test(readFileSync(file, 'utf8')),
    );
    const folders = new Set(readers.map(folderOf));
    // The demo stands for the Terraform module, and gives them.
    expect(folders).toEqual(new Set(['settings', 'demo']));
  });
});

/** Tests of what several sources do together, in the folder of the first that a reader would look at. */
const storiesOfSeveralSources = [
  'cli/help',
  'cli/network',
  'core/fidelity/conformance',
  'core/fidelity/random-stacks',
  'core/ztoc/conformance',
  'handlers/replicated-images',
  'indexer/image-conformance',
  'indexer/mending',
  'indexer/prefetch-conformance',
  'registry/seeded-faults',
];

test('a test has the name of the source that it tests', () => {
  const folders = new Set(sourceFiles.map(folderOf));
  const withoutSource = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && folders.has(file.split('/')[0]!))
    .map((file) => file.slice(0, -'.test.ts'.length))
    // What is compiled to WebAssembly is tested through the TypeScript that runs it, beside that.
    .filter((name) =>
      [name, name.replace(/^core\//, 'core/wasm/')].every(
        (source) => !existsSync(join(sources, `${source}.ts`)),
      ),
    );
  expect(withoutSource.sort()).toEqual(storiesOfSeveralSources);
});
