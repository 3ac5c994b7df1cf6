import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, jest, test } from '@jest/globals';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { createZtocBuilder } from '../../lambda-src/core/ztoc/ztoc-builder.ts';
import { encodeZtoc } from '../../lambda-src/core/ztoc/ztoc-encoder.ts';
import { commandLinePath, runSociIndex } from '../helpers/command-line.ts';
import { gzipOf } from '../helpers/gzip.ts';
import { createRandom, mixedBytes } from '../helpers/random.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

// A process for each run: on a busy machine each takes seconds.
jest.setTimeout(60_000);

const layers = join(__dirname, '..', 'fixtures', 'layers');
const good = join(layers, 'tar-gnu.layer');
const goodZtoc = {
  // The digest that the reference gives it, see test/fixtures/layers.json.
  digest: (
    JSON.parse(readFileSync(join(layers, '..', 'layers.json'), 'utf8')) as {
      cases: { name: string; ztoc?: { digest: string } }[];
    }
  ).cases.find(({ name }) => name === 'tar-gnu@4194304')!.ztoc!.digest,
};
const folder = makeTemporaryFolder();

describe('soci-index ztoc', () => {
  test('prints one JSON object, and nothing else on standard output', async () => {
    const { exitCode, stdout, stderr } = await runSociIndex([
      ...['ztoc', good, '--json', '--build-tool-identifier', 'AWS SOCI CLI v0.2'],
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const summary = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(summary)).toEqual([
      'digest',
      'size',
      'spans',
      'files',
      'compressedSize',
      'uncompressedSize',
    ]);
    expect(summary).toMatchObject(goodZtoc);
  });

  test('gives the same digest in every time zone', async () => {
    const args = ['ztoc', good, '--json', '--build-tool-identifier', 'AWS SOCI CLI v0.2'];
    for (const TZ of ['Asia/Tokyo', 'America/St_Johns']) {
      expect(JSON.parse((await runSociIndex(args, { TZ })).stdout)).toMatchObject(goodZtoc);
    }
  });

  test('gives a layer that is large enough for a second thread the zTOC that one thread gives it', async () => {
    // Stored blocks, so that it is quickly made.
    const tar = new TarWriter()
      .entry({ name: 'large' }, randomBytes(40 * 1024 * 1024))
      .end()
      .bytes();
    const layer = gzipSync(tar, { level: 0 });
    const path = join(folder, 'large.layer');
    writeFileSync(path, layer);
    const builder = createZtocBuilder({
      compression: 'gzip',
      spanSizeBytes: 4 * 1024 * 1024,
      buildToolIdentifier: 'AWS SOCI CLI v0.2',
    });
    builder.push(layer);
    const expected = digestOf(encodeZtoc(builder.finish()));
    const args = ['ztoc', path, '--json', '--build-tool-identifier', 'AWS SOCI CLI v0.2'];
    expect(JSON.parse((await runSociIndex(args)).stdout)).toMatchObject({ digest: expected });
  });

  test('writes the zTOC that it names where it is told to, and inspect reads it', async () => {
    const output = join(folder, 'layer.ztoc');
    const { exitCode, stdout } = await runSociIndex([
      'ztoc',
      good,
      '--output',
      output,
      '--span-size',
      '65536',
    ]);
    expect(exitCode).toBe(0);
    const digest = digestOf(readFileSync(output));
    expect(stdout.split('\n')[0]).toBe(digest);
    expect(stdout).toContain('written to');

    const inspected = await runSociIndex(['inspect', output, '--json']);
    const report = JSON.parse(inspected.stdout) as {
      digest: string;
      spanSize: number;
      files: { name: string }[];
    };
    expect(report).toMatchObject({ digest, spanSize: 65536, buildToolIdentifier: 'soci_index_builder v1' });
    expect(report.files.length).toBeGreaterThan(0);
    const words = await runSociIndex(['inspect', output]);
    expect(words).toMatchObject({ exitCode: 0, stderr: '' });
    expect(words.stdout).toContain(digest);
  });

  test('gives the zTOC of a layer of many pieces, and refuses it when its last byte is missing', async () => {
    const tar = new TarWriter();
    tar.entry({ name: 'mixed' }, mixedBytes(createRandom(1), 1 << 20));
    tar.entry({ name: 'noise' }, randomBytes(9 << 20));
    const layer = gzipOf(Uint8Array.from(tar.end().bytes()));
    expect(layer.length).toBeGreaterThan(9 << 20);
    const path = join(folder, 'large.layer');
    writeFileSync(path, layer);
    const { exitCode, stdout, stderr } = await runSociIndex(['ztoc', path, '--json']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const builder = createZtocBuilder({
      compression: 'gzip',
      spanSizeBytes: 4_194_304,
      buildToolIdentifier: 'soci_index_builder v1',
    });
    builder.push(layer);
    expect((JSON.parse(stdout) as { digest: string }).digest).toBe(digestOf(encodeZtoc(builder.finish())));

    writeFileSync(path, layer.subarray(0, layer.length - 1));
    const cutOff = await runSociIndex(['ztoc', path, '--json']);
    expect([cutOff.exitCode, JSON.parse(cutOff.stdout)]).toMatchObject([
      1,
      { status: 'failed', reason: 'layer-damaged' },
    ]);
    expect(cutOff.stderr).toContain(`${path}: gzip: the stream ends in the middle`);
  });

  test('reads standard input and writes to standard output, with the words for people on standard error', async () => {
    const layer = readFileSync(join(layers, 'tar-gnu.layer'));
    const output = join(folder, 'piped.ztoc');
    await runSociIndex(['ztoc', join(layers, 'tar-gnu.layer'), '-o', output]);
    const bytes = await runPiped(['ztoc', '-', '-o', '-'], layer);
    expect(bytes.stdout.equals(readFileSync(output))).toBe(true);
    expect(bytes.stderr).toMatch(/^sha256:[0-9a-f]{64}\nzTOC /);
    const both = await runSociIndex(['ztoc', '-', '-o', '-', '--json']);
    expect([both.exitCode, both.stdout]).toEqual([2, '']);
    expect(both.stderr).toContain('--output - and --json both write to standard output');
  });

  test('builds a zTOC of a plain tar by its media type', async () => {
    const { exitCode, stdout } = await runSociIndex([
      ...['ztoc', join(layers, 'odd-tar.layer'), '--json', '--span-size', '4096'],
      ...['--media-type', 'application/vnd.oci.image.layer.v1.tar'],
    ]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ spans: 10, compressedSize: 40960 });
  });

  test.each([
    [
      'a layer that is not a gzip',
      [join(layers, 'bad-not-gzip.layer')],
      /bad-not-gzip\.layer: gzip: .*\(at byte \d+\)/,
    ],
    ['an empty file', [join(layers, 'bad-zero-length.layer')], /the stream ends in the middle/],
    [
      'a tar with an entry that has no place in an index',
      [join(layers, 'tar-global-pax.layer')],
      /tar: .*PAX global/,
    ],
    ['a file that is not there', ['no-such.layer'], /no-such\.layer/],
    [
      'a tar whose media type says gzip',
      [join(layers, 'odd-tar.layer')],
      /odd-tar\.layer: gzip: .* not 1f 8b/,
    ],
  ])('ends with 1 and a sentence for %s, and writes nothing', async (_, args, sentence) => {
    const output = join(folder, 'refused.ztoc');
    const { exitCode, stdout, stderr } = await runSociIndex(['ztoc', ...args, '--json', '--output', output]);
    expect([exitCode, JSON.parse(stdout)]).toEqual([
      1,
      {
        status: 'failed',
        reason: expect.stringMatching(/^(?:layer-damaged|file-error)$/) as unknown,
        message: expect.stringMatching(sentence) as unknown,
      },
    ]);
    expect(stderr).toMatch(sentence);
    // Below it there may be advice.
    expect(stderr).toMatch(/^soci-index: .*\n(?: {2}.*\n)?$/);
    expect(existsSync(output)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes('part'))).toEqual([]);
  });

  test.each([
    ['no command', []],
    ['a command that there is not', ['index-all']],
    ['no file', ['ztoc']],
    ['a span size that is not a number', ['ztoc', good, '--span-size', '4MB']],
    ['a negative span size', ['ztoc', good, '--span-size=-1']],
    ['an option that there is not', ['ztoc', good, '--fast']],
    [
      'a media type that has no zTOC',
      ['ztoc', good, '--media-type', 'application/vnd.oci.image.layer.v1.tar+zstd'],
    ],
    ['spans of no bytes', ['ztoc', good, '--span-size', '0']],
  ])('ends with 2 for %s', async (_, args) => {
    const { exitCode, stdout, stderr } = await runSociIndex(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).not.toBe('');
  });

  test.each<readonly [string, (layer: string) => string]>([
    ['itself', (layer) => layer],
    ['another spelling of its path', (layer) => `${folder}/../${basename(folder)}/./${basename(layer)}`],
    [
      'a symbolic link to it',
      (layer) => {
        symlinkSync(layer, `${layer}.symbolic`);
        return `${layer}.symbolic`;
      },
    ],
    [
      'a hard link to it',
      (layer) => {
        linkSync(layer, `${layer}.hard`);
        return `${layer}.hard`;
      },
    ],
  ])('refuses to write the zTOC over the layer, named as %s', async (title, outputOf) => {
    const layer = join(folder, `precious of ${title}.layer`);
    copyFileSync(good, layer);
    const output = outputOf(layer);
    const { exitCode, stdout, stderr } = await runSociIndex(['ztoc', layer, '--output', output]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('is the input file');
    expect(readFileSync(layer)).toEqual(readFileSync(good));
    expect(readFileSync(output)).toEqual(readFileSync(good));
  });

  test('refuses to write the zTOC over the layer that a link leads to', async () => {
    const layer = join(folder, 'linked.layer');
    copyFileSync(good, layer);
    symlinkSync(layer, `${layer}.link`);
    const { exitCode } = await runSociIndex(['ztoc', `${layer}.link`, '--output', layer]);
    expect(exitCode).toBe(2);
    expect(readFileSync(layer)).toEqual(readFileSync(good));
  });

  test('writes through a link, which stays one, and into a device', async () => {
    const target = join(folder, 'target.ztoc');
    writeFileSync(target, 'old');
    symlinkSync(target, join(folder, 'link.ztoc'));
    expect(await runSociIndex(['ztoc', good, '--output', join(folder, 'link.ztoc')])).toMatchObject({
      exitCode: 0,
    });
    expect(lstatSync(join(folder, 'link.ztoc')).isSymbolicLink()).toBe(true);
    expect(readFileSync(target).length).toBeGreaterThan(100);
    expect(await runSociIndex(['ztoc', good, '--output', '/dev/null'])).toMatchObject({ exitCode: 0 });
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test('inspect refuses what is not a zTOC', async () => {
    const path = join(folder, 'noise.ztoc');
    writeFileSync(path, 'this is not a FlatBuffer at all, whatever one may hope');
    const { exitCode, stderr } = await runSociIndex(['inspect', path]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/noise\.ztoc: ztoc: /);
  });

  test('help and version end with 0', async () => {
    const help = await runSociIndex(['--help']);
    expect(help.exitCode).toBe(0);
    for (const command of ['index', 'ztoc', 'inspect', 'demo'])
      expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect((await runSociIndex(['ztoc', '--help'])).stdout).toContain('--span-size');
    expect((await runSociIndex(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

/** As runSociIndex, with bytes. */
function runPiped(
  args: readonly string[],
  input: Uint8Array,
): Promise<{ readonly stdout: Buffer; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [commandLinePath, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (piece: Buffer) => output.push(piece));
    child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
    child.on('error', reject);
    child.on('close', () => {
      resolve({ stdout: Buffer.concat(output), stderr });
    });
    child.stdin.end(input);
  });
}
