// Tests that need a program which may be missing on this machine: for a contributor they are skipped with a message, and
// in CI they fail.
import { describe, test } from '@jest/globals';

/**
 * Groups tests that need a tool.
 *
 * @param missing What is missing and how to get it, as a sentence; otherwise undefined. If it is given, the tests are
 * skipped
 *   and the sentence goes to stderr; with `CI=true` in the environment they fail with it.
 */
export function describeWithTools(title: string, missing: string | undefined, tests: () => void): void {
  if (missing === undefined) {
    describe(title, tests);
  } else if (process.env['CI'] === 'true') {
    describe(title, () => {
      test('has the required tools', () => {
        throw new Error(missing);
      });
    });
  } else {
    process.stderr.write(`\nSKIPPED: ${title}. ${missing}\n`);
    describe.skip(title, tests);
  }
}
