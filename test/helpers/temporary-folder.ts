// A folder for one test file, deleted after its tests.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

export function makeTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'soci-index-test-'));
  afterAll(() => {
    // A process that was killed may still be writing.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  });
  return folder;
}
