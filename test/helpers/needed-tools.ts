// Tests that need a program which this machine may not have: a contributor without it is told and goes on, CI is not let
// through.
import { describe, test } from '@jest/globals';

/**
 * Groups tests that need a tool.
 *
 * @param missing What is missing and how to get it, as a sentence; undefined where nothing is. The tests are then skipped
 *   and the sentence goes to stderr; with `CI=true` in the environment they fail with it.
 */
export function describeWithTools(title: string, missing: string | undefined, tests: () => void): void {
  if (missing === undefined) {
    describe(title, tests);
  } else if (process.env['CI'] === 'true') {
    describe(title, () => {
      test('has the tools it needs', () => {
        throw new Error(missing);
      });
    });
  } else {
    process.stderr.write(`\nSKIPPED: ${title}. ${missing}\n`);
    describe.skip(title, tests);
  }
}
