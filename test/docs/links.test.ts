// Whether the documents lead where they say: files, anchors, and from their index to every page.
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findAnchors, findInlineCode, findLinks, type Page, projectFolder, readPages } from './pages.ts';

const pages = readPages();
const anchorsByPath = new Map(pages.map((page) => [page.path, findAnchors(page)]));

const isElsewhere = (target: string) => /^[a-z]+:/.test(target);

/** Why a link leads nowhere; undefined where it does not. */
function findFault(page: Page, target: string): string | undefined {
  const [file, anchor] = target.split('#') as [string, string | undefined];
  const path = file === '' ? page.path : normalize(join(dirname(page.path), file));
  if (path.startsWith('..')) return `${target}: out of the project`;
  if (!existsSync(join(projectFolder, path))) return `${target}: there is no ${path}`;
  if (anchor === undefined) return undefined;
  if (anchorsByPath.get(path)?.has(anchor) === true) return undefined;
  return `${target}: ${path} has no heading of that name`;
}

test('there are pages, links and anchors to test', () => {
  expect(pages.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['README.md', 'docs/README.md', 'docs/guides/first-deployment.md']),
  );
  const links = pages.flatMap(findLinks);
  expect(links.filter((target) => !isElsewhere(target)).length).toBeGreaterThan(50);
  expect(links.filter((target) => /^[^:]*#./.test(target)).length).toBeGreaterThan(5);
});

test.each(pages.map((page) => [page.path, page] as const))(
  'every link in %s leads to a file and a heading',
  (_, page) => {
    const faults = findLinks(page)
      .filter((target) => !isElsewhere(target))
      .flatMap((target) => findFault(page, target) ?? []);
    expect(faults).toEqual([]);
  },
);

test('every page links to others by HTTPS only', () => {
  const insecure = pages.flatMap((page) =>
    findLinks(page).filter((target) => /^(?!https:)[a-z]+:/.test(target)),
  );
  expect(insecure).toEqual([]);
});

test('every page of docs/ is in docs/README.md', () => {
  const index = pages.find(({ path }) => path === 'docs/README.md')!;
  const listed = new Set(findLinks(index).map((target) => normalize(join('docs', target.split('#')[0]!))));
  const missing = pages
    .map(({ path }) => path)
    .filter((path) => path.startsWith('docs/') && path !== index.path && !listed.has(path));
  expect(missing).toEqual([]);
});

test('every file of ours that a page names in code is there', () => {
  const ours = /^(?:lambda-src|test|scripts|docs|examples|modules|dist)\/[\w./-]*[\w/]$/;
  const missing = pages.flatMap((page) =>
    findInlineCode(page)
      .filter((code) => ours.test(code) && !existsSync(join(projectFolder, code)))
      .map((code) => `${page.path}: ${code}`),
  );
  expect(missing).toEqual([]);
});

describe('the reader of pages', () => {
  const page = (text: string): Page => ({ path: 'page.md', text });

  test.each([
    ['## What it creates', 'what-it-creates'],
    ['# `soci-index` & you, v1.2', 'soci-index--you-v12'],
    ['### [A link](there.md) in it', 'a-link-in-it'],
    ['## snake_case - dash', 'snake_case---dash'],
  ])('makes the anchor that GitHub makes of %s', (heading, anchor) => {
    expect([...findAnchors(page(`${heading}\n`))]).toEqual([anchor]);
  });

  test('tells two headings of the same words apart', () => {
    expect([...findAnchors(page('# A\n## A\n## A\n'))]).toEqual(['a', 'a-1', 'a-2']);
  });

  test('takes neither a heading nor a link out of code', () => {
    const text = '```sh\n# no heading [no](link.md)\n```\n`[none](either.md)` [but](this.md)\n';
    expect(findLinks(page(text))).toEqual(['this.md']);
    expect([...findAnchors(page(text))]).toEqual([]);
  });

  test('sees pictures for light and dark', () => {
    const text = '<picture><source media="(x)" srcset="dark.svg"><img alt="a" src="light.svg"></picture>';
    expect(findLinks(page(text)).toSorted()).toEqual(['dark.svg', 'light.svg']);
  });
});
