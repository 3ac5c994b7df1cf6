import { readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { runSociIndex } from '../helpers/command-line.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const folder = makeTemporaryFolder();

test('soci-index demo indexes a real image in both versions, reads files back, and leaves no files behind', async () => {
  const { exitCode, stdout, stderr } = await runSociIndex(['demo'], { TMPDIR: folder });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout.match(/linux\/(amd64|arm64): SOCI index sha256:/g)).toHaveLength(4);
  expect(stdout).toMatch(/tag v1-soci/);
  expect(stdout).toMatch(/first 1\.0 MiB .*usr\/local\/bin\/node .*yes/);
  expect(readdirSync(folder)).toEqual([]);
});
