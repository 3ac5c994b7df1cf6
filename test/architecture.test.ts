// Checks that dependencies point inwards (docs/architecture.md), by reading every import of lambda-src.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

const sources = join(__dirname, '..', 'lambda-src');

/** What each folder may import: folders, packages, and Node modules. A folder may always import itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  // Pure: no I/O.
  core: ['flatbuffers', 'minimatch', 'node:crypto'],
  content: ['core', 'node:*'],
  // proxy.ts augments the types of `http`.
  registry: ['content', 'core', 'http', 'http-proxy-agent', 'https-proxy-agent', 'proxy-from-env', 'node:*'],
  // Reads an image's manifests and SOCI indexes: JSON only, no writes.
  image: ['content', 'core'],
  threads: ['core', 'node:*'],
  // Reads zstd layers, but only to judge the layers above them.
  indexer: ['image', 'threads', 'content', 'core', 'fzstd', 'node:*'],
  verifier: ['indexer', 'image', 'threads', 'content', 'core'],
  events: ['core'],
  // Predicts from zTOCs what a start fetches.
  estimate: ['image', 'content', 'core'],
  doctor: ['content', 'image', 'indexer', 'events', 'core'],
  aws: ['registry', 'content', 'core', '@aws-sdk/*', 'node:*'],
  // Reads the functions' environment.
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
  // Summarizes the contents of SOCI indexes.
  inspector: ['image', 'content', 'core'],
  // The HTML report; page/ runs in a browser.
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

describe('the sources', () => {
  const imports = readImports();

  test('have imports', () => {
    expect(imports.length).toBeGreaterThan(20);
    expect(imports).toContainEqual({
      file: 'core/ztoc/span-digests.ts',
      folder: 'core',
      target: 'node:crypto',
    });
    expect(imports).toContainEqual({ file: 'core/ztoc/ztoc-builder.ts', folder: 'core', target: 'core' });
  });

  test('have only imports that point inwards', () => {
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

  test("read the functions' variables only in settings", () => {
    const readers = sourceFiles.filter((file) =>
      /\b(?:SOCI_[A-Z]|GENERATOR_FUNCTION)/.test(readFileSync(file, 'utf8')),
    );
    const folders = new Set(readers.map(folderOf));
    // The demo stands in for the Terraform module, and sets them.
    expect(folders).toEqual(new Set(['settings', 'demo']));
  });
});

/** Tests that cover several sources, each in the folder where a reader would look first. */
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

test('every test is named after the source that it tests', () => {
  const folders = new Set(sourceFiles.map(folderOf));
  const withoutSource = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && folders.has(file.split('/')[0]!))
    .map((file) => file.slice(0, -'.test.ts'.length))
    // Sources in core/wasm are tested through the TypeScript that runs them; their tests are in the folder of that
    // TypeScript.
    .filter((name) =>
      [name, name.replace(/^core\//, 'core/wasm/')].every(
        (source) => !existsSync(join(sources, `${source}.ts`)),
      ),
    );
  expect(withoutSource.sort()).toEqual(storiesOfSeveralSources);
});
