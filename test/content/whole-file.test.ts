import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createFile, isThere, replaceFile } from '../../lambda-src/content/whole-file.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const folder = makeTemporaryFolder();
let folders = 0;
function newFolder(): string {
  const path = join(folder, `${folders++}`);
  mkdirSync(path);
  return path;
}

test('a file is replaced, and no other file is left', async () => {
  const path = join(newFolder(), 'file');
  expect(await isThere(path)).toBe(false);
  await replaceFile(path, 'one');
  await replaceFile(path, 'two');
  expect(await isThere(path)).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe('two');
  expect(readdirSync(join(path, '..'))).toEqual(['file']);
});

test('a file is created once: of several that try at once, one wins, and later ones change nothing', async () => {
  const path = join(newFolder(), 'file');
  await Promise.all(['one', 'two', 'three'].map((text) => createFile(path, text)));
  const text = readFileSync(path, 'utf8');
  expect(['one', 'two', 'three']).toContain(text);
  await createFile(path, 'four');
  expect(readFileSync(path, 'utf8')).toBe(text);
  expect(readdirSync(join(path, '..'))).toEqual(['file']);
});

test('a file that cannot be written is an error, and leaves no other file', async () => {
  const directory = newFolder();
  mkdirSync(join(directory, 'taken'));
  await expect(replaceFile(join(directory, 'taken'), 'one')).rejects.toThrow();
  await expect(createFile(join(directory, 'none', 'file'), 'one')).rejects.toThrow();
  expect(readdirSync(directory)).toEqual(['taken']);
});
