import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import type { EstimateReport } from '../../lambda-src/estimate/estimate-report.ts';
import type { ImageReport } from '../../lambda-src/inspector/image-report.ts';
import { makeReportData } from '../../lambda-src/report/report-data.ts';
import { renderReport } from '../../lambda-src/report/report-html.ts';

const digest: Digest = `sha256:${'a'.repeat(64)}`;
const layer: Digest = `sha256:${'b'.repeat(64)}`;
const hostile = '</script><script>alert(1)</script><!--';

const image: ImageReport = {
  image: `registry/app:v1${hostile}`,
  digest,
  platforms: [],
  largestFiles: [{ name: hostile, size: 1, layer }],
};
const parts = {
  programVersion: '1.2.3',
  image,
  diagnosis: { image: image.image, digest, lazy: {}, findings: [], platforms: [] },
};

describe('the page', () => {
  const script = 'console.log(1 < 2)';
  const style = 'body { margin: 0 }';
  const page = renderReport(makeReportData(parts, new Map()), { script, style });

  test('allows only its own script and style', () => {
    const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)![1]!;
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${hash(script)}`,
      `style-src ${hash(style)}`,
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(page).toContain(`<script>${script}</script>`);
    expect(page).toContain(`<style>${style}</style>`);
  });

  test('escapes the characters in its data that could close the script element', () => {
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script/g)).toHaveLength(2);
    expect(page).not.toContain('<!--');
    const json = /<script type="application\/json" id="data">([^<]*)<\/script>/.exec(page)![1]!;
    expect(JSON.parse(json)).toMatchObject({
      image: { image: image.image, largestFiles: [{ name: hostile }] },
    });
  });
});

describe('the data of a page', () => {
  const ranges = Array.from({ length: 30_000 }, (_, run) => [run * 3, run * 3 + 1] as const);
  const missing = Array.from({ length: 500 }, (_, number) => `/missing/${number}`);
  const estimate: EstimateReport = {
    image: 'app',
    digest,
    listed: 3,
    failed: 0,
    platforms: [
      {
        platform: 'linux/amd64',
        sociIndex: digest,
        imageBytes: 10,
        wholeBytes: 0,
        ztocBytes: 1,
        fetchedBytes: 5,
        requests: 60_000,
        neverFetchedBytes: 5,
        files: 3,
        missing,
        unresolved: missing.slice(0, 300),
        mayBeHidden: 0,
        outside: 0,
        layers: [{ digest: layer, size: 10, spans: 90_000, fetchedSpans: 60_000, ranges }],
      },
    ],
  };
  const { estimate: shown } = makeReportData({ ...parts, estimate }, new Map());
  const [platform] = shown!.platforms;

  test('contains no more runs of spans than a strip can show, at the same positions', () => {
    const thinned = platform!.layers[0]!.ranges!;
    expect(thinned.length).toBeLessThanOrEqual(1001);
    expect(thinned.length).toBeGreaterThan(400);
    expect([thinned[0]![0], thinned.at(-1)![1]]).toEqual([0, 89_998]);
    for (const [first, last] of thinned) expect(last - first).toBeLessThan(2 * 90);
    expect(platform!.layers[0]!.fetchedSpans).toBe(60_000);
  });

  test('contains the first paths of a long list, and their total number', () => {
    expect(platform!.missing).toEqual(missing.slice(0, 100));
    expect([platform!.missingCount, platform!.unresolvedCount]).toEqual([500, 300]);
  });
});
