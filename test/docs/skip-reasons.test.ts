// docs/troubleshooting.md explains every reason for which an image or a layer is skipped. The lists below are the code's own:
// the compiler refuses one that lacks a reason, or has one that the code does not know.
import { describe, expect, test } from '@jest/globals';
import type { LayerSkipReason } from '../../lambda-src/core/soci/layer-selection.ts';
import type { FilterSkipReason } from '../../lambda-src/handlers/filter.ts';
import type { GeneratorSkipReason } from '../../lambda-src/handlers/image-report.ts';
import type { ContentSkipReason } from '../../lambda-src/indexer/outcome.ts';
import { findInlineCode, readPages } from './pages.ts';

type FirstWords<Reason extends string> = Reason extends `${infer Words}: ${string}` ? Words : Reason;

const generatorReasons: Readonly<Record<GeneratorSkipReason, true>> = {
  'soci index': true,
  attestation: true,
  'not an image': true,
  'no platform': true,
  'no layer to index': true,
  'target tag taken': true,
  'tag immutable': true,
  'image deleted': true,
  archived: true,
  untagged: true,
  'target tag too long': true,
};

const filterReasons: Readonly<Record<FilterSkipReason, true>> = {
  'not an image': true,
  untagged: true,
  'our own tag': true,
  'pull-through-cache': true,
  'not-successful': true,
  'replication-off': true,
};

const layerReasons: Readonly<Record<LayerSkipReason | FirstWords<ContentSkipReason>, true>> = {
  'too-small': true,
  zstd: true,
  'unsupported-media-type': true,
  'not-a-layer': true,
  'prefetch-artifact': true,
  'not indexable': true,
  'ztoc-too-large': true,
};

const pages = readPages();
const text = pages.find(({ path }) => path === 'docs/troubleshooting.md')!.text;

/** The rows of the table under a heading: what stands in code in the first cell, and the other cells. */
function readTable(heading: string): ReadonlyMap<string, readonly string[]> {
  const section = text.split(`\n## ${heading}\n`)[1]?.split(/\n## /)[0] ?? '';
  const rows = [...section.matchAll(/^\| `([^`]+)` \|(.*)\|$/gm)];
  return new Map(rows.map(([, reason, cells]) => [reason!, cells!.split('|').map((cell) => cell.trim())]));
}

describe.each([
  ['Skipped, with a reason', { ...generatorReasons, ...filterReasons }],
  ['A layer is skipped', layerReasons],
])('the table under "%s"', (heading, reasons) => {
  const table = readTable(heading);

  test('has every reason of the code, and no other', () => {
    expect([...table.keys()].toSorted()).toEqual(Object.keys(reasons).toSorted());
  });

  test('tells cause and cure of each', () => {
    const empty = [...table].filter(([, cells]) => cells.length !== 2 || cells.some((cell) => cell === ''));
    expect(empty).toEqual([]);
  });
});

test('docs/lambda.md names every reason of the generator', () => {
  const named = findInlineCode(pages.find(({ path }) => path === 'docs/lambda.md')!);
  expect(Object.keys(generatorReasons).filter((reason) => !named.includes(reason))).toEqual([]);
});
