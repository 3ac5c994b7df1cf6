import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { checksumsName, writeChecksums } from '../../scripts/checksums.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const folder = `${makeTemporaryFolder()}/`;

test("writes the checksums of a folder's own files, sorted by name, as sha256sum checks them", () => {
  writeFileSync(`${folder}b.zip`, 'b');
  writeFileSync(`${folder}a.zip`, '');
  mkdirSync(`${folder}inner`);
  writeFileSync(`${folder}inner/c`, 'c');
  writeChecksums(folder);
  const first = readFileSync(folder + checksumsName, 'utf8');
  expect(first).toBe(
    [
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a.zip',
      '3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d  b.zip',
      '',
    ].join('\n'),
  );
  writeChecksums(folder);
  expect(readFileSync(folder + checksumsName, 'utf8')).toBe(first);
  const check = () =>
    execFileSync('sha256sum', ['--check', '--quiet', checksumsName], { cwd: folder, stdio: 'pipe' });
  expect(check().toString()).toBe('');
  writeFileSync(`${folder}b.zip`, 'changed');
  expect(check).toThrow('sha256sum');
});
