import { describe, expect, test } from '@jest/globals';
import { type Contestant, gunzipName, oursName } from '../../../scripts/bench/contestants.ts';
import {
  chartGroups,
  fillSections,
  renderCost,
  renderFlows,
  renderLayer,
  renderLayers,
  renderReindexing,
} from '../../../scripts/bench/report.ts';

const contestant = (name: string): Contestant => ({ name, makes: 'nothing', prepare: () => [] });
const took = (cpuSeconds: number, wallSeconds: number) => ({
  cpuSeconds,
  wallSeconds,
  peakMemoryMebibytes: 100,
});

const comparison = {
  layer: { name: 'mix, level 6', path: '', tarBytes: 1_100_000_000, compressedBytes: 400_000_000 },
  rounds: 3,
  medians: [
    { contestant: contestant(gunzipName), median: took(3, 5) },
    { contestant: contestant(oursName), median: took(2, 1) },
  ],
};
const flow = {
  title: 'one large layer',
  compressedBytes: 1024 ** 3 / 2,
  ours: took(6, 4),
  oursOnOneProcessor: took(6, 6),
  download: took(1, 2),
  inflate: took(3, 3),
  toSlower: 1.33,
  reference: took(30, 40),
};

test('the table for one layer relates everything to our command', () => {
  const lines = renderLayer(comparison).split('\n');
  expect(lines[0]).toBe('A mixed layer of 400 MB (tar: 1100 MB); medians of 3 rounds.');
  expect(lines.slice(-2)).toEqual([
    "| Node's gunzip | nothing | 3.00 | 5.00 | 100 | 1.50 | 5.00 |",
    '| soci-index ztoc | nothing | 2.00 | 1.00 | 100 | 1.00 | 1.00 |',
  ]);
});

test('the table of layers has one row per layer, with CPU time before wall time', () => {
  expect(renderLayers([comparison]).split('\n')).toEqual([
    "| layer | gzip / tar | Node's gunzip | soci-index ztoc |",
    '| --- | ---: | ---: | ---: |',
    '| mix, level 6 | 400 MB / 1100 MB | 3.00 / 5.00 | 2.00 / 1.00 |',
  ]);
});

test('the table of complete runs can omit the reference', () => {
  const without = { ...flow, reference: undefined, oursOnOneProcessor: undefined };
  expect(renderFlows([flow, without]).split('\n').slice(2)).toEqual([
    '| one large layer | 537 MB | 4.00 (CPU 6.00) | 100 | 2.00 | 3.00 | 1.33 | 6.00 | 40.00 | 10.0 |',
    '| one large layer | 537 MB | 4.00 (CPU 6.00) | 100 | 2.00 | 3.00 | 1.33 |  |  |  |',
  ]);
});

test('the table of repeated runs shows what is read again', () => {
  const text = renderReindexing({
    first: { layerBytes: 500_000_000, ztocBytes: 100 },
    second: { layerBytes: 20_000_000, ztocBytes: 8_000_000 },
    changedLayerBytes: 20_000_000,
  });
  expect(text).toContain('The changed layer has 20 MB.');
  expect(text).toContain('| the same image with a different top layer | 20 MB | 8.0 MB |');
});

describe('the cost table', () => {
  // 12 CPU seconds per GiB, with 1.5 processors busy; 15.3 seconds to download it.
  test('is calculated from the measured work', () => {
    const lines = renderCost([flow]).split('\n');
    expect(lines[0]).toContain('12.0 CPU seconds per GiB, 1.50 processors busy, balanced at 1384 MB');
    expect(lines).toContain('| ours, 512 MB | 41.5 | 20.7 |');
    expect(lines).toContain('| ours, 1769 MB | 15.3 | 26.5 |');
    // 15.3 s to download, then 60 CPU seconds on 0.58 processors.
    expect(lines.at(-1)).toBe("| the reference's steps, 1024 MB | 119.0 | 119.0 |");
  });

  test('omits the reference if it was not measured', () => {
    expect(renderCost([{ ...flow, reference: undefined }])).not.toContain('reference');
  });
});

test('our command is marked once in each group of a chart', () => {
  const groups = chartGroups(comparison, [flow]);
  expect(groups).toHaveLength(3);
  for (const { bars } of groups) {
    expect(bars.filter(({ ours }) => ours).map(({ label }) => label)).toEqual([
      expect.stringMatching(/^soci-index/),
    ]);
  }
  expect(groups.map(({ bars }) => bars.map(({ value }) => value))).toEqual([
    [5, 1],
    [3, 2],
    [4, 2, 3, 40],
  ]);
});

describe('a document section', () => {
  const document = 'a\n<!-- bench:x:begin -->\nold\n<!-- bench:x:end -->\nb\n';

  test('is replaced', () => {
    const filled = fillSections(document, { x: 'new' });
    expect(filled).toBe('a\n<!-- bench:x:begin -->\nnew\n<!-- bench:x:end -->\nb\n');
    expect(fillSections(filled, { x: 'new' })).toBe(filled);
  });

  test.each(['', '<!-- bench:x:end --> <!-- bench:x:begin -->'])(
    'causes an error if its markers are missing: %j',
    (text) => {
      expect(() => fillSections(text, { x: 'new' })).toThrow('Expected <!-- bench:x:begin -->');
    },
  );
});
