// docs/reasons.md lists every reason with its sentence, as core/reasons.ts has them.
import { describe, expect, test } from '@jest/globals';
import { reasonSentences } from '../../lambda-src/core/reasons.ts';
import { readPages } from './pages.ts';

/** The rows of the page's tables, by the code in their first cell. */
function readRows(): readonly (readonly [string, readonly string[]])[] {
  const { text } = readPages().find(({ path }) => path === 'docs/reasons.md')!;
  return [...text.matchAll(/^\| `([^`]+)` \|(.*)\|$/gm)].map(([, reason, cells]) => [
    reason!,
    cells!.split('|').map((cell) => cell.trim()),
  ]);
}

describe('the table of reasons', () => {
  const rows = readRows();

  test('has every reason of the code once, and no other', () => {
    expect(rows.map(([reason]) => reason).toSorted()).toEqual(Object.keys(reasonSentences).toSorted());
  });

  test('has the sentence that the code gives', () => {
    const sentences = rows.map(([reason, [, sentence]]) => [reason, sentence]);
    expect(Object.fromEntries(sentences)).toEqual(reasonSentences);
  });

  test('says of each what it is given for, and what to do', () => {
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

  test('has a sentence that goes on after a colon: no capital letter, no full stop', () => {
    expect(
      Object.values(reasonSentences).filter((sentence) => /^[A-Z](?![A-Z])|[.:]$/.test(sentence)),
    ).toEqual([]);
  });
});
