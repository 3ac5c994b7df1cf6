// --html and --verify on the command line. What the page shows is tested in a browser (test/e2e/html-report.test.ts).
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import type { ReportData } from '../../lambda-src/report/report-data.ts';
import { runSociIndex } from '../helpers/command-line.ts';
import { gzipLayer, linuxArm64, pushImage, pushIndex } from '../helpers/images.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const folder = makeTemporaryFolder();
const layout = join(folder, 'layout');
const image = `oci:${layout}:v1-soci`;
const list = join(folder, 'list');
let pages = 0;

beforeAll(async () => {
  const store = new LayoutStore(layout);
  const layers = [gzipLayer('a'), gzipLayer('b')];
  const amd64 = await pushImage(store, { layers });
  const arm64 = await pushImage(store, { layers: [gzipLayer('c')], platform: linuxArm64 });
  await pushIndex(store, [amd64, arm64], { tag: 'v1' });
  await runSociIndex(['index', `oci:${layout}:v1`, '--min-layer-size', '0']);
  writeFileSync(list, '/etc/a\n');
});

const newPage = () => join(folder, `report-${pages++}.html`);

function dataOf(page: string): ReportData {
  const html = readFileSync(page, 'utf8');
  return JSON.parse(/id="data">([^<]*)</.exec(html)![1]!) as ReportData;
}

async function run(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runSociIndex(args);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}

describe('the page', () => {
  test('has what the commands print as JSON, and what fills each layer', async () => {
    const page = newPage();
    const verified = join(folder, 'verified.json');
    writeFileSync(verified, await run('verify', image, '--json', '--min-layer-size', '0'));
    const estimate = await run(
      'estimate',
      image,
      '--files',
      list,
      '--html',
      page,
      '--verify',
      verified,
      '--json',
    );
    const data = dataOf(page);
    expect(data.image).toEqual(JSON.parse(await run('inspect', image, '--json')));
    expect(data.diagnosis).toEqual(JSON.parse(await run('doctor', image, '--json')));
    const { platforms, ...rest } = JSON.parse(estimate) as NonNullable<ReportData['estimate']>;
    expect(data.estimate).toEqual({
      ...rest,
      platforms: platforms.map((one) => ({ ...one, missingCount: one.missing.length, unresolvedCount: 0 })),
    });
    expect(data.proof).toMatchObject({
      status: 'valid',
      indexes: [{ status: 'valid' }, { status: 'valid' }],
    });
    const digests = data.image.platforms.flatMap(({ indexes }) =>
      indexes.flatMap(({ layers }) => layers.map(({ digest }) => digest)),
    );
    expect(Object.keys(data.contents).sort()).toEqual([...digests].sort());
    expect(data.contents[digests[0]!]).toEqual(['/', 1, 1, [['etc', 1, 1, [['a', 1]]]]]);
  });

  test('is of the platforms that estimate is asked for', async () => {
    const page = newPage();
    await run('estimate', image, '--files', list, '--platform', 'linux/arm64', '--html', page);
    const { image: report, diagnosis } = dataOf(page);
    expect(report.platforms.map(({ platform }) => platform)).toEqual(['linux/arm64']);
    expect(diagnosis.platforms.map(({ platform }) => platform)).toEqual(['linux/arm64']);
  });

  test('takes the place of an older one, and leaves nothing beside it', async () => {
    const own = join(folder, 'own');
    mkdirSync(own);
    const page = join(own, 'report.html');
    writeFileSync(page, 'older');
    await run('inspect', image, '--html', page);
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>[^]*<\/html>\n$/);
    expect(readdirSync(own)).toEqual(['report.html']);
  });

  test('is also made of an image without a SOCI index', async () => {
    const page = newPage();
    await run('inspect', `oci:${layout}:v1`, '--html', page);
    expect(dataOf(page)).toMatchObject({ contents: {}, diagnosis: { lazy: { fargate: 'no' } } });
  });
});

describe('no page is written', () => {
  test.each<[string, number, readonly string[], RegExp]>([
    ['of a file', 2, ['inspect', list, '--html', 'PAGE'], /--html needs an image, but ".*list" is a file/],
    [
      'without its name',
      2,
      ['inspect', image, '--verify', list],
      /--verify requires --html, which writes the page/,
    ],
    ['into a directory', 1, ['inspect', image, '--html', folder], /--html .* is a directory/],
    ['over the list', 2, ['estimate', image, '--files', list, '--html', list], /--html .* is the input file/],
    [
      'with the proof of something else',
      2,
      ['inspect', image, '--html', 'PAGE', '--verify', list],
      /--verify ".*list": expected the output of verify --json/,
    ],
    [
      'with a proof that is not there',
      1,
      ['inspect', image, '--html', 'PAGE', '--verify', '/no/such/proof'],
      /no such file or directory: \/no\/such\/proof/,
    ],
    ['of an image that is not there', 1, ['inspect', `oci:${layout}:v9`, '--html', 'PAGE'], /v9/],
  ])('%s', async (_, expectedCode, args, sentence) => {
    const page = newPage();
    const { exitCode, stderr } = await runSociIndex(args.map((word) => (word === 'PAGE' ? page : word)));
    expect({ exitCode, stderr }).toEqual({ exitCode: expectedCode, stderr: expect.stringMatching(sentence) });
    expect(existsSync(page)).toBe(false);
    expect(readFileSync(list, 'utf8')).toBe('/etc/a\n');
  });

  test('of a SOCI index', async () => {
    const page = newPage();
    const { platforms } = JSON.parse(await run('inspect', image, '--json')) as ReportData['image'];
    const index = `oci:${layout}@${platforms[0]!.indexes[0]!.digest}`;
    const { exitCode, stderr } = await runSociIndex(['inspect', index, '--html', page]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--html needs an image, but this is a SOCI index');
  });
});
