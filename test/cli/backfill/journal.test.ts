import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { defaultJournalPath, Journal, readJournal } from '../../../lambda-src/cli/backfill/journal.ts';
import { makeTemporaryFolder } from '../../helpers/temporary-folder.ts';

const folder = makeTemporaryFolder();
const now = Date.parse('2026-03-10T12:00:00Z');
const hour = 60 * 60 * 1000;
const key = 'eu-west-1/111122223333/soci-filter';

let files = 0;
function newPath(): string {
  return join(folder, `${++files}`, 'state', 'journal.jsonl');
}

function lineOf(image: string, at = now, functionKey = key): string {
  return JSON.stringify({ at: new Date(at).toISOString(), function: functionKey, image });
}

async function readText(text: string): Promise<readonly string[]> {
  const path = newPath();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return [...(await readJournal(path, key, now))];
}

describe('a journal', () => {
  test('contains what this run and earlier ones added', async () => {
    const path = newPath();
    for (const image of ['a:1@x', 'a:2@y']) {
      const journal = await Journal.open(path, key);
      await journal.add(image, new Date(now));
      await journal.close();
    }
    expect(readFileSync(path, 'utf8')).toBe(`${lineOf('a:1@x')}\n${lineOf('a:2@y')}\n`);
    expect([...(await readJournal(path, key, now))]).toEqual(['a:1@x', 'a:2@y']);
  });

  test('is empty if the file does not exist, and reading does not create it', async () => {
    const path = newPath();
    expect([...(await readJournal(path, key, now))]).toEqual([]);
    expect(() => statSync(path)).toThrow('ENOENT');
  });

  test('is an error if it cannot be read, because every image would be invoked again', async () => {
    await expect(readJournal(folder, key, now)).rejects.toThrow('EISDIR');
  });

  test('is readable only by its owner', async () => {
    const path = newPath();
    await (await Journal.open(path, key)).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('starts a new line after a truncated one', async () => {
    const path = newPath();
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${lineOf('a:1@x')}\n${lineOf('a:2@y').slice(0, 20)}`);
    const journal = await Journal.open(path, key);
    await journal.add('a:3@z', new Date(now));
    await journal.close();
    expect([...(await readJournal(path, key, now))]).toEqual(['a:1@x', 'a:3@z']);
  });

  test.each<readonly [string, string, readonly string[]]>([
    ['invalid JSON', `{\n${lineOf('a:1@x')}\n`, ['a:1@x']],
    ['JSON of another shape', `null\n[]\n1\n{"at":1,"function":"${key}","image":"a"}\n`, []],
    ['another function', lineOf('a:1@x', now, 'eu-west-1/111122223333/other'), []],
    ['an invalid time', `{"at":"soon","function":"${key}","image":"a"}`, []],
    ['a time just less than a day ago', lineOf('a:1@x', now - 24 * hour + 1), ['a:1@x']],
    ['a time exactly a day ago', lineOf('a:1@x', now - 24 * hour), []],
  ])('reads a line with %s', async (_, text, images) => {
    expect(await readText(text)).toEqual(images);
  });

  test("is in the user's state directory", () => {
    const inHome = join(homedir(), '.local', 'state', 'soci-index', 'backfill.jsonl');
    expect(defaultJournalPath({ XDG_STATE_HOME: '/state' })).toBe('/state/soci-index/backfill.jsonl');
    expect(defaultJournalPath({})).toBe(inHome);
    // The XDG specification requires relative paths to be ignored.
    expect(defaultJournalPath({ XDG_STATE_HOME: 'state' })).toBe(inHome);
  });
});
