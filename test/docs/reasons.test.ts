// Checks that docs/reasons.md lists every reason with the sentence in core/reasons.ts.
import { describe, expect, test } from '@jest/globals';
import { reasonSentences } from '../../lambda-src/core/reasons.ts';
import { readPages } from './pages.ts';

/** The rows of the page's tables, by the code in the first cell. */
function readRows(): readonly (readonly [string, readonly string[]])[] {
  const { text } = readPages().find(({ path }) => path === 'docs/reasons.md')!;
  return [...text.matchAll(/^\| `([^`]+)` \|(.*)\|$/gm)].map(([, reason, cells]) => [
    reason!,
    cells!.split('|').map((cell) => cell.trim()),
  ]);
}

describe('the table of reasons', () => {
  const rows = readRows();

  test('lists every reason of the code exactly once', () => {
    expect(rows.map(([reason]) => reason).toSorted()).toEqual(Object.keys(reasonSentences).toSorted());
  });

  test('has the same sentences as the code', () => {
    const sentences = rows.map(([reason, [, sentence]]) => [reason, sentence]);
    expect(Object.fromEntries(sentences)).toEqual(reasonSentences);
  });

  test('states for each reason when it is given and what to do', () => {
    const incomplete = rows.filter(([, cells]) => cells.length !== 3 || cells.some((cell) => cell === ''));
    expect(incomplete).toEqual([]);
  });
});

describe('a reason', () => {
  test('is a code in kebab case', () => {
    expect(Object.keys(reasonSentences).filter((code) => !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(code))).toEqual(
      [],
    );
  });

  test('has a sentence that can follow a colon: no capital letter, no full stop', () => {
    expect(
      Object.values(reasonSentences).filter((sentence) => /^[A-Z](?![A-Z])|[.:]$/.test(sentence)),
    ).toEqual([]);
  });
});
