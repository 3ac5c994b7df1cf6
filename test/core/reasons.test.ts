import { describe, expect, test } from '@jest/globals';
import { explain, isContentSkipReason, type Reason } from '../../lambda-src/core/reasons.ts';

describe('a reason', () => {
  test.each<readonly [Reason, string | undefined, string]>([
    ['tag-deleted', undefined, 'the tag was deleted'],
    ['tag-deleted', 'v1', 'the tag was deleted: v1'],
  ])('%s with the details %s reads "%s"', (reason, details, message) => {
    expect(explain(reason, details)).toEqual({ reason, message });
  });

  test.each<readonly [unknown, boolean]>([
    ['not-indexable', true],
    ['too-small', false],
    ['layer-damaged', false],
    ['toString', false],
    [undefined, false],
    [['not-indexable'], false],
  ])('%s can be determined only from the bytes of a layer: %s', (text, expected) => {
    expect(isContentSkipReason(text)).toBe(expected);
  });
});
