// How to get the command soci-index is described once, in README.md.
import { expect, test } from '@jest/globals';
import { findCodeBlocks, findInlineCode, findLinks, type Page, readPages } from './pages.ts';

/** Pages about releases and contributions, and short pages beside the code, whose readers come from a page with the link. */
const exempt = /^(?:README|CHANGELOG|CONTRIBUTING)\.md$|^(?:examples|modules)\//;

function usesCommand(page: Page): boolean {
  const blocks = findCodeBlocks(page).filter(({ language }) => language === 'sh' || language === 'yaml');
  return [...findInlineCode(page), ...blocks.map(({ text }) => text)].some((code) =>
    /(?:^|[\s"(])soci-index (?!=)[a-z]+/m.test(code),
  );
}

test.each(
  readPages()
    .filter((page) => !exempt.test(page.path) && usesCommand(page))
    .map((page) => [page.path, page] as const),
)('%s links to the section that says how to get soci-index', (_, page) => {
  const targets = findLinks(page).filter((target) => target.endsWith('README.md#get-soci-index'));
  expect(targets).not.toEqual([]);
});

test('README.md has the section once', () => {
  const readme = readPages().find(({ path }) => path === 'README.md')!;
  expect(readme.text.match(/^### Get soci-index$/gm)).toHaveLength(1);
});
