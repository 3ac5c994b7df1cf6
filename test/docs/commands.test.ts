// Runs the commands in the documentation as a reader would: the bundled command line in a shell, against a registry on
// this machine. A block that is not run is preceded by a comment that states what it needs, or which test runs it:
//
//   <!-- needs AWS -->                       nothing here can run it
//   <!-- run by: test/cli/x.test.ts -->      another test does
//   <!-- ends with: 1 -->                    it is run, and ends with that exit code
//   <!-- prints -->                          before the next block: what it prints, among other lines; … matches anything
import { spawn } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ContentStore } from '../../lambda-src/content/content-store.ts';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import { createLocalRegistry, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { index } from '../doctor/diagnosed-image.ts';
import { commandLinePath } from '../helpers/command-line.ts';
import {
  type Blob,
  blobOf,
  linuxAmd64,
  linuxArm64,
  ociTypes,
  pushImage,
  pushIndex,
} from '../helpers/images.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { type CodeBlock, findCodeBlocks, projectFolder, readPages } from './pages.ts';

/** What a block may need that readers have and the tests do not. */
const needs: ReadonlySet<string> = new Set(['AWS', 'a release', 'a clone of a release', 'a quiet machine']);

/** Registries in the documentation that stand for the reader's own. */
const registryNames = /\b(?:registry\.example\.com|111122223333\.dkr\.ecr\.eu-west-1\.amazonaws\.com)/g;

const pages = readPages().filter(({ path }) => !path.startsWith('examples/'));
const blocks = pages.flatMap(findCodeBlocks);

interface Command {
  readonly block: CodeBlock;
  readonly exitCode: number;
  /** The output that the page shows. */
  readonly printed: string | undefined;
}

/** How a block is run here; undefined if it is not run. */
function planCommand(block: CodeBlock, next: CodeBlock | undefined): Command | undefined {
  if (block.marks.some((mark) => /^(?:needs|run by)\b/.test(mark))) return undefined;
  const exitCode = block.marks.flatMap((mark) => /^ends with: (\d)$/.exec(mark)?.[1] ?? []).map(Number)[0];
  const printed = next?.path === block.path && next.marks.includes('prints') ? next.text : undefined;
  return { block, exitCode: exitCode ?? 0, printed };
}

const commands = blocks.flatMap((block, position) =>
  block.language === 'sh' ? (planCommand(block, blocks[position + 1]) ?? []) : [],
);

/** Returns the first line that is not in the output. Lines must be in this order, but others may come between them. */
function findUnprintedLine(output: string, expected: string): string | undefined {
  let rest = output;
  for (const line of expected.split('\n').filter((written) => written.trim() !== '')) {
    const pattern = line
      .trim()
      .split('…')
      .map((part) => part.split(/\s+/).map(escapePattern).join('\\s+'))
      .join('[^\\n]*');
    const found = new RegExp(`^\\s*${pattern}\\s*$`, 'm').exec(rest);
    if (found === null) return line;
    rest = rest.slice(found.index + found[0].length);
  }
  return undefined;
}

function escapePattern(words: string): string {
  return words.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

describe('a code block', () => {
  test.each(blocks.map((block) => [`${block.path}:${block.line}`, block] as const))(
    '%s has a known language and valid marks',
    (_, { language, marks, text: code }) => {
      // A shell block marked as another language would not be run.
      if (language !== 'sh') {
        expect(code).not.toMatch(/^(?:aws|docker|git|node|npm|npx|skopeo|soci-index|terraform) /m);
      }
      expect(['', 'sh', 'hcl', 'json', 'text', 'yaml']).toContain(language);
      const faults = marks.filter((mark) => {
        const [, kind, value = ''] = /^(needs|run by:|ends with:|prints)(?: (.+))?$/.exec(mark) ?? [];
        if (kind === 'needs') return language === 'sh' && !needs.has(value);
        if (kind === 'run by:') return !existsSync(join(projectFolder, value));
        return kind === undefined && language === 'sh';
      });
      expect(faults).toEqual([]);
    },
  );

  test('is run in more than ten cases', () => {
    expect(commands.length).toBeGreaterThan(10);
  });
});

describe('findUnprintedLine', () => {
  test.each([
    ['indexed: a\n  image sha256:1, tag b\n', 'indexed: a\n  image …, tag b', undefined],
    ['b\na\n', 'a\nb', 'b'],
    ['a (1 %)\n', 'a (1 %)', undefined],
    ['a (12 %)\n', 'a (1 %)', 'a (1 %)'],
    ['runtime  verdict\n', 'runtime verdict', undefined],
    ['a\n', 'a\n\n', undefined],
  ])('searches %j for %j', (output, expected, missing) => {
    expect(findUnprintedLine(output, expected)).toBe(missing);
  });
});

describe('the commands in the documentation', () => {
  const folder = makeTemporaryFolder();
  const tools = join(folder, 'bin');
  const registries = new Map<string, LocalRegistry>();
  let layer: Blob;

  /** An image with two platforms, whose layer is just large enough to be indexed by default. */
  async function pushSample(store: ContentStore, tag: string): Promise<void> {
    const entries = [];
    for (const platform of [linuxAmd64, linuxArm64]) {
      entries.push(await pushImage(store, { platform, layers: [layer] }));
    }
    await pushIndex(store, entries, { tag });
  }

  beforeAll(async () => {
    // Incompressible bytes, the same in every run.
    const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(
      Buffer.alloc(11 << 20),
    );
    const tar = new TarWriter()
      .entry({ name: 'app/model.bin' }, noise)
      .entry({ name: 'app/main' }, 'main')
      .end()
      .bytes();
    layer = blobOf(gzipSync(tar, { level: 1 }), ociTypes.gzip);

    mkdirSync(tools);
    writeFileSync(
      join(tools, 'soci-index'),
      `#!/bin/sh\nexec "${process.execPath}" "${commandLinePath}" "$@"\n`,
    );
    chmodSync(join(tools, 'soci-index'), 0o755);

    await pushSample(new LayoutStore(join(folder, 'layout')), 'v1');
  });

  afterAll(async () => {
    for (const registry of registries.values()) await registry.close();
  });

  /** The registry of a reader who has read only this page: it has `team/app:v1`, and `prod/web:v1` with its index. */
  async function openRegistry(page: string): Promise<LocalRegistry> {
    const open = registries.get(page);
    if (open !== undefined) return open;
    const registry = await createLocalRegistry();
    registries.set(page, registry);
    const [plain, indexed] = ['team/app', 'prod/web'].map((repository) => {
      registry.serveBlob(repository, layer.descriptor.digest, layer.bytes);
      return new RegistryStore({ registry: registry.host, repository });
    });
    for (const store of [plain!, indexed!]) await pushSample(store, 'v1');
    await index(indexed!, 'v1', { minimumLayerSizeBytes: 10 << 20 });
    return registry;
  }

  /** A folder like a reader's: with a clone's `dist`, an image in an OCI layout, and a layer file. */
  function makeReadersFolder(page: string): string {
    const home = join(folder, page.replaceAll('/', '-'));
    if (existsSync(home)) return home;
    mkdirSync(join(home, 'dist'), { recursive: true });
    symlinkSync(commandLinePath, join(home, 'dist', 'soci-index.mjs'));
    cpSync(join(folder, 'layout'), join(home, 'layout'), { recursive: true });
    writeFileSync(join(home, 'layer.tar.gz'), layer.bytes);
    return home;
  }

  async function runShell(script: string, cwd: string): Promise<{ exitCode: number | null; output: string }> {
    const child = spawn('sh', ['-eu', '-c', `exec 2>&1\n${script}`], {
      cwd,
      env: {
        PATH: [tools, process.env['PATH'] ?? ''].join(delimiter),
        HOME: cwd,
        NODE_OPTIONS: '',
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const closed = once(child, 'close') as Promise<[number | null]>;
    const output = await text(child.stdout);
    return { exitCode: (await closed)[0], output };
  }

  test.each(commands.map((command) => [`${command.block.path}:${command.block.line}`, command] as const))(
    '%s does what the page says',
    async (_, { block, exitCode, printed }) => {
      const { host } = await openRegistry(block.path);
      const script = block.text.replaceAll(registryNames, host);
      const finished = await runShell(script, makeReadersFolder(block.path));
      if (finished.exitCode !== exitCode) {
        throw new Error(
          `exit code ${finished.exitCode} instead of ${exitCode}. ` +
            `Fix the block, or state in a comment before it why it is not run (see the top of this file):\n${block.text}\n${finished.output}`,
        );
      }
      const expected = printed?.replaceAll(registryNames, host);
      const unprinted = expected === undefined ? undefined : findUnprintedLine(finished.output, expected);
      expect({ unprinted, output: finished.output }).toEqual({
        unprinted: undefined,
        output: finished.output,
      });
    },
  );
});
