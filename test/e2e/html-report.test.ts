// Tests the report's page in a real browser: its content, its use, and that it makes no requests.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import type { Diagnosis } from '../../lambda-src/doctor/diagnosis.ts';
import type { EstimateReport } from '../../lambda-src/estimate/estimate-report.ts';
import type { ImageReport } from '../../lambda-src/inspector/image-report.ts';
import { runSociIndex } from '../helpers/command-line.ts';
import { gzipOf } from '../helpers/gzip.ts';
import { type Blob, blobOf, ociTypes, pushImage } from '../helpers/images.ts';
import { describeWithTools } from '../helpers/needed-tools.ts';
import { createRandom, mixedBytes } from '../helpers/random.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const executablePath = ['chromium', 'google-chrome', 'chromium-browser']
  .map((name) => spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim())
  .find((path) => path !== '');
const fault =
  executablePath === undefined ? 'Chromium is not installed: apt-get install chromium' : undefined;

const folder = makeTemporaryFolder();
const layout = join(folder, 'layout');
const page = join(folder, 'report.html');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const hostileNames = [
  '<script>alert(1)</script>',
  '</script><img src=x onerror=alert(1)>',
  'control\u0007\u001b[31m',
  'right\u202eto-left',
  'עברית.txt',
  '&amp;"quoted\'',
];

function layerOf(files: Iterable<readonly [name: string, data: Uint8Array]>): Blob {
  const tar = new TarWriter();
  // The writer takes the bytes of a name as characters.
  for (const [name, data] of files) tar.entry({ name: Buffer.from(name).toString('latin1') }, data);
  return blobOf(gzipOf(tar.end().bytes()), ociTypes.gzip);
}

async function run(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runSociIndex(args);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}

describeWithTools('the report page', fault, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
    const random = createRandom(5);
    const data = (bytes: number) => mixedBytes(random, bytes);
    const layers = [
      layerOf([
        ['usr/lib/python/large.so', data(900_000)],
        ['usr/lib/python/small.py', data(4000)],
        ['usr/lib/node/index.js', data(300_000)],
        ['etc/app.conf', data(2000)],
      ]),
      layerOf([['app/tiny', data(10)]]),
      layerOf(hostileNames.map((name) => [`srv/${name}`, data(200_000)] as const)),
    ];
    await pushImage(new LayoutStore(layout), { layers, tag: 'v1' });
    await run(
      'index',
      `oci:${layout}:v1`,
      ...['--min-layer-size', '2000', '--span-size', '65536', '--prefetch-file', '/etc/app.conf'],
    );
    writeFileSync(
      join(folder, 'list'),
      `/usr/lib/python/small.py\n/srv/${hostileNames[0]!}\n/nothing/<b>here</b>\n`,
    );
    writeFileSync(
      join(folder, 'verified.json'),
      await run('verify', `oci:${layout}:v1-soci`, '--min-layer-size', '2000', '--json'),
    );
  }, 120_000);

  afterAll(() => browser.close());

  /** Opens a page, and fails on console messages, errors, dialogs and requests. */
  async function withPage(
    file: string,
    use: (page: Page) => Promise<void>,
    settings: {
      readonly width?: number;
      readonly colorScheme?: 'light' | 'dark';
      readonly bypassCSP?: boolean;
    } = {},
  ): Promise<void> {
    const { width = 1000, colorScheme = 'light', bypassCSP = false } = settings;
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP });
    const faults: string[] = [];
    try {
      const opened = await context.newPage();
      opened.on('console', (message) => faults.push(`console: ${message.text()}`));
      opened.on('pageerror', ({ message }) => faults.push(`error: ${message}`));
      opened.on('dialog', (dialog) => {
        faults.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      opened.on('request', (request) => {
        if (request.url() !== pathToFileURL(file).href) faults.push(`request: ${request.url()}`);
      });
      await opened.goto(pathToFileURL(file).href);
      await opened.waitForSelector('.tile');
      await use(opened);
    } finally {
      await context.close();
    }
    expect(faults).toEqual([]);
  }

  const attributesOf = async (opened: Page, selector: string, name: string) =>
    Promise.all((await opened.locator(selector).all()).map((one) => one.getAttribute(name)));
  const valuesOf = async (opened: Page, selector: string) =>
    (await attributesOf(opened, selector, 'value')).map(Number);

  test('shows the numbers that --json prints, and no others', async () => {
    const image = `oci:${layout}:v1-soci`;
    const args = [
      '--files',
      join(folder, 'list'),
      '--json',
      '--html',
      page,
      '--verify',
      join(folder, 'verified.json'),
    ];
    const estimate = JSON.parse(await run('estimate', image, ...args)) as EstimateReport;
    const inspected = JSON.parse(await run('inspect', image, '--json')) as ImageReport;
    const diagnosis = JSON.parse(await run('doctor', image, '--json')) as Diagnosis;
    const [start] = estimate.platforms;
    const [index] = inspected.platforms[0]!.indexes;
    const [diagnosed] = diagnosis.platforms;

    await withPage(page, async (opened) => {
      expect(await valuesOf(opened, '.facts data')).toEqual([
        diagnosed!.bytes,
        diagnosed!.lazyBytes,
        index!.layers.length,
        start!.wholeBytes + start!.ztocBytes,
        start!.fetchedBytes,
        start!.requests,
        start!.neverFetchedBytes,
      ]);
      const table = '[aria-label="Layers of linux/amd64"]';
      for (const [place, { digest, size }] of diagnosed!.layers.entries()) {
        const layer = index!.layers.find((one) => one.digest === digest);
        const fetched = start!.layers[place]!;
        expect(await valuesOf(opened, `${table} tbody tr:nth-child(${place + 1}) data`)).toEqual(
          layer === undefined
            ? [size]
            : [
                size,
                layer.uncompressedSize,
                layer.ztoc.size,
                layer.ztoc.spans,
                layer.ztoc.files,
                fetched.fetchedSpans,
                fetched.fetchedBytes,
              ],
        );
      }
      const sum = (of: (layer: (typeof index & object)['layers'][number]) => number) =>
        index!.layers.reduce((total, layer) => total + of(layer), 0);
      expect(await valuesOf(opened, `${table} tfoot data`)).toEqual([
        diagnosed!.bytes,
        sum(({ ztoc }) => ztoc.size),
        sum(({ ztoc }) => ztoc.spans!),
        sum(({ ztoc }) => ztoc.files!),
        start!.requests,
        start!.fetchedBytes,
      ]);
      expect(await valuesOf(opened, '[aria-label="The largest files of all layers"] data')).toEqual(
        inspected.largestFiles.map(({ size }) => size),
      );
      expect(await attributesOf(opened, '.strip', 'aria-label')).toEqual(
        start!.layers.flatMap(({ digest, spans, fetchedSpans }, place) => {
          if (spans === undefined) return [];
          const prefetched = index!.prefetch!.find(({ layer }) => layer === digest)?.spans;
          const words = `Layer ${place + 1}: ${spans} spans of 64.0 KiB, ${fetchedSpans!} fetched`;
          return [prefetched === undefined ? words : `${words}, ${prefetched} prefetched`];
        }),
      );
      const firstPrefetched = index!.prefetch![0]!.ranges![0]![0];
      const [prefetchMarks] = await attributesOf(opened, '.strip .prefetched', 'd');
      expect(prefetchMarks).toMatch(new RegExp(`^M${firstPrefetched} 7h`));
      // Fetched spans are marked at their positions.
      const marks = await attributesOf(opened, '.strip .fetched', 'd');
      expect(marks).toEqual(
        start!.layers.flatMap(({ ranges, spans }) =>
          ranges === undefined || spans === undefined
            ? []
            : [
                ranges
                  .map(([first, last]) => `M${first} 0h${last + 1 - first}v10h-${last + 1 - first}z`)
                  .join(''),
              ],
        ),
      );
      expect(await opened.locator('.findings code').allTextContents()).toEqual(
        ['problem', 'advice', 'info'].flatMap((severity) =>
          diagnosis.findings.filter((finding) => finding.severity === severity).map(({ code }) => code),
        ),
      );
      expect(await opened.locator('.verdict').allTextContents()).toEqual([
        'Fargate: loads it lazily',
        'EKS: loads it lazily',
        'SOCI snapshotter: loads it lazily',
      ]);
      expect(await opened.locator('text=The SOCI indexes are valid').count()).toBe(1);
      expect(await opened.locator('h3:text-is("linux/amd64: valid")').count()).toBe(1);
      // Every number has been compared, except for those of the proof and the treemap's table.
      const looked = 7 + (await valuesOf(opened, `${table} data`)).length + inspected.largestFiles.length;
      expect(await opened.locator('data').count()).toBe(
        looked + 1 + (await opened.locator('.contents data').count()),
      );
    });
  });

  test('opens and leaves directories by mouse and by keyboard', async () => {
    await run('inspect', `oci:${layout}:v1-soci`, '--html', page);
    await withPage(page, async (opened) => {
      const way = () => opened.locator('.contents nav li').allTextContents();
      const names = () => opened.locator('.contents tbody th').allTextContents();
      expect(await way()).toEqual(['Image']);
      expect((await names()).sort()).toEqual(['Layer 1', 'Layer 2', 'Layer 3']);
      await opened.getByRole('button', { name: /^Open Layer 1,/ }).click();
      expect(await names()).toEqual(['usr', 'etc']);
      await opened.getByRole('button', { name: /^Open usr, directory, .* in 3 files, 99 %$/ }).click();
      expect(await way()).toEqual(['Image', 'Layer 1', 'usr']);
      expect(await opened.getByRole('status').textContent()).toBe('1.1 MiB unpacked in 3 files.');

      // After a click, the focus is on the directory's name, in front of its contents.
      expect(await opened.evaluate('document.activeElement.textContent')).toBe('usr');
      await opened.keyboard.press('Tab');
      expect(await opened.evaluate('document.activeElement.ariaLabel')).toMatch(/^Open lib, directory/);
      await opened.keyboard.press('Enter');
      expect(await way()).toEqual(['Image', 'Layer 1', 'usr', 'lib']);
      expect(await names()).toEqual(['python', 'node']);
      const sizes = await valuesOf(opened, '.contents tbody tr td:nth-child(3) data');
      expect(sizes).toEqual([904_000, 300_000]);
      await opened.keyboard.press('Escape');
      expect(await way()).toEqual(['Image', 'Layer 1', 'usr']);
      await opened.getByRole('button', { name: 'Image', exact: true }).click();
      expect(await way()).toEqual(['Image']);
      // A layer without a zTOC is a plain block.
      expect(await opened.getByRole('button', { name: /Layer 2/ }).count()).toBe(0);
      expect(await opened.locator('.tile.layer:not(.lazy)').count()).toBeLessThanOrEqual(1);
    });
  });

  test('shows hostile names as text, and runs nothing in them', async () => {
    await run('inspect', `oci:${layout}:v1-soci`, '--html', page);
    await withPage(page, async (opened) => {
      await opened.getByRole('button', { name: /^Open Layer 3,/ }).click();
      await opened.getByRole('button', { name: /^Open srv,/ }).click();
      // A slash in a name separates directories.
      expect((await opened.locator('.contents tbody th bdi').allTextContents()).sort()).toEqual(
        [
          '<',
          '<script>alert(1)<',
          'control\\u{7}\\u{1b}[31m',
          'right\\u{202e}to-left',
          'עברית.txt',
          '&amp;"quoted\'',
        ].sort(),
      );
      expect(await opened.locator('script').count()).toBe(2);
      expect(await opened.locator('img').count()).toBe(0);
    });
  });

  const many = (files: number): Blob =>
    layerOf(
      (function* () {
        const nothing = new Uint8Array(0);
        const some = Buffer.from('some bytes');
        for (let file = 0; file < files; file++) {
          const name = `srv/package-${Math.floor(file / 400)}/lib/part-${file % 20}/a-file-with-a-long-name-${file}.js`;
          yield [name, file % 3 === 0 ? nothing : some] as const;
        }
      })(),
    );

  test.each([10, 1000, 100_000])(
    'stays below 2 MB, opens, and passes axe’s checks with %d files',
    async (files) => {
      const other = join(folder, `layout-${files}`);
      await pushImage(new LayoutStore(other), { layers: [many(files)], tag: 'v1' });
      await run('index', `oci:${other}:v1`, '--min-layer-size', '0');
      await run('inspect', `oci:${other}:v1-soci`, '--html', page);
      expect(statSync(page).size).toBeLessThan(2_000_000);
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const width of [360, 1000, 1600]) {
          await withPage(
            page,
            async (opened) => {
              // Only tables are wider than the screen.
              expect(await opened.evaluate('document.documentElement.scrollWidth')).toBe(width);
              await opened.evaluate(axe);
              const { violations } = await opened.evaluate<{
                readonly violations: readonly { readonly id: string; readonly nodes: readonly unknown[] }[];
              }>('axe.run()');
              expect(violations.map(({ id, nodes }) => [id, nodes])).toEqual([]);
            },
            { width, colorScheme, bypassCSP: true },
          );
        }
      }
      await withPage(page, async (opened) => {
        await opened.getByRole('button', { name: /^Open Layer 1,/ }).click();
        await opened.getByRole('button', { name: /^Open srv,/ }).click();
        expect(await opened.locator('.contents nav li').allTextContents()).toEqual([
          'Image',
          'Layer 1',
          'srv',
        ]);
        expect(await opened.locator('.tile').count()).toBeGreaterThan(0);
      });
    },
  );
});
