// Checks that links in the documentation lead to existing files and anchors, and that its index lists every page.
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findAnchors, findInlineCode, findLinks, type Page, projectFolder, readPages } from './pages.ts';

const pages = readPages();
const anchorsByPath = new Map(pages.map((page) => [page.path, findAnchors(page)]));

const isElsewhere = (target: string) => /^[a-z]+:/.test(target);

/** Why a link is broken; undefined if it is not. */
function findFault(page: Page, target: string): string | undefined {
  const [file, anchor] = target.split('#') as [string, string | undefined];
  const path = file === '' ? page.path : normalize(join(dirname(page.path), file));
  if (path.startsWith('..')) return `${target}: is outside the project`;
  if (!existsSync(join(projectFolder, path))) return `${target}: ${path} does not exist`;
  if (anchor === undefined) return undefined;
  if (anchorsByPath.get(path)?.has(anchor) === true) return undefined;
  return `${target}: ${path} has no such heading`;
}

test('the pages have links and anchors to check', () => {
  expect(pages.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['README.md', 'docs/README.md', 'docs/guides/first-deployment.md']),
  );
  const links = pages.flatMap(findLinks);
  expect(links.filter((target) => !isElsewhere(target)).length).toBeGreaterThan(50);
  expect(links.filter((target) => /^[^:]*#./.test(target)).length).toBeGreaterThan(5);
});

test.each(pages.map((page) => [page.path, page] as const))(
  'every link in %s leads to an existing file and heading',
  (_, page) => {
    const faults = findLinks(page)
      .filter((target) => !isElsewhere(target))
      .flatMap((target) => findFault(page, target) ?? []);
    expect(faults).toEqual([]);
  },
);

test('every external link uses HTTPS', () => {
  const insecure = pages.flatMap((page) =>
    findLinks(page).filter((target) => /^(?!https:)[a-z]+:/.test(target)),
  );
  expect(insecure).toEqual([]);
});

test('docs/README.md lists every page of docs/', () => {
  const index = pages.find(({ path }) => path === 'docs/README.md')!;
  const listed = new Set(findLinks(index).map((target) => normalize(join('docs', target.split('#')[0]!))));
  const missing = pages
    .map(({ path }) => path)
    .filter((path) => path.startsWith('docs/') && path !== index.path && !listed.has(path));
  expect(missing).toEqual([]);
});

test('every project file named in inline code exists', () => {
  const ours = /^(?:lambda-src|test|scripts|docs|examples|modules|dist)\/[\w./-]*[\w/]$/;
  const missing = pages.flatMap((page) =>
    findInlineCode(page)
      .filter((code) => ours.test(code) && !existsSync(join(projectFolder, code)))
      .map((code) => `${page.path}: ${code}`),
  );
  expect(missing).toEqual([]);
});

describe('the Markdown reader', () => {
  const page = (text: string): Page => ({ path: 'page.md', text });

  test.each([
    ['## What it creates', 'what-it-creates'],
    ['# `soci-index` & you, v1.2', 'soci-index--you-v12'],
    ['### [A link](there.md) in it', 'a-link-in-it'],
    ['## snake_case - dash', 'snake_case---dash'],
  ])('makes the same anchor as GitHub for the heading %s', (heading, anchor) => {
    expect([...findAnchors(page(`${heading}\n`))]).toEqual([anchor]);
  });

  test('gives different anchors to headings with the same text', () => {
    expect([...findAnchors(page('# A\n## A\n## A\n'))]).toEqual(['a', 'a-1', 'a-2']);
  });

  test('ignores headings and links in code', () => {
    const text = '```sh\n# no heading [no](link.md)\n```\n`[none](either.md)` [but](this.md)\n';
    expect(findLinks(page(text))).toEqual(['this.md']);
    expect([...findAnchors(page(text))]).toEqual([]);
  });

  test('finds pictures in both color schemes', () => {
    const text = '<picture><source media="(x)" srcset="dark.svg"><img alt="a" src="light.svg"></picture>';
    expect(findLinks(page(text)).toSorted()).toEqual(['dark.svg', 'light.svg']);
  });
});
