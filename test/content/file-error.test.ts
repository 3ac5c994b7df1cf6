import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { hasErrorCode, isMissingFile } from '../../lambda-src/content/file-error.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const folder = makeTemporaryFolder();
const errorOf = (path: string): Promise<unknown> => readFile(path).catch((error: unknown) => error);

test('a file is missing if it does not exist, or is below another file, and not if it is a directory', async () => {
  expect(isMissingFile(await errorOf(join(folder, 'none')))).toBe(true);
  expect(isMissingFile(await errorOf(join(__filename, 'none')))).toBe(true);
  expect(isMissingFile(await errorOf(folder))).toBe(false);
});

test.each([null, undefined, 'EEXIST', 17, {}, new Error('EEXIST'), { code: 'ENOENT' }, { code: 17 }])(
  '%p does not have the code EEXIST',
  (error) => {
    expect(hasErrorCode(error, 'EEXIST')).toBe(false);
  },
);

test('an error has the code of its field', () => {
  expect(hasErrorCode({ code: 'EEXIST' }, 'EEXIST')).toBe(true);
  expect(hasErrorCode(Object.assign(new Error('x'), { code: 'EEXIST' }), 'EEXIST')).toBe(true);
});
