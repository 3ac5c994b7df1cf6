import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { withFileLock } from '../../lambda-src/content/file-lock.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const folder = makeTemporaryFolder();
let path: string;
let files = 0;
beforeEach(() => {
  path = join(folder, `${++files}.lock`);
});

/** Creates the lock of another process. */
function leave(host: string, process: number, ageSeconds = 0): void {
  writeFileSync(path, JSON.stringify({ host, process, token: '00000000-0000-4000-8000-000000000000' }));
  const time = Date.now() / 1000 - ageSeconds;
  utimesSync(path, time, time);
}

async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'close');
  return child.pid!;
}

/** Requests the lock twenty times at once, and returns the highest number of simultaneous holders. */
async function crowd(): Promise<number> {
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await new Promise(setImmediate);
    inside--;
  };
  await Promise.all(Array.from({ length: 20 }, () => withFileLock(path, work)));
  return most;
}

test('a lock has only one holder at a time, and leaves no file behind', async () => {
  expect(await crowd()).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

test.each<readonly [string, () => Promise<void>]>([
  [
    'an ended process on this machine',
    async () => {
      leave(hostname(), await endedProcess());
    },
  ],
  [
    'another machine long ago',
    () => {
      leave('another.example', 1, 31);
      return Promise.resolve();
    },
  ],
])('a lock left behind by %s is taken over by only one process', async (_title, prepare) => {
  await prepare();
  expect(await crowd()).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ['a running process', hostname(), process.pid],
  ['another machine', 'another.example', 1],
])('a lock held by %s makes others wait', async (_title, host, id) => {
  leave(host, id);
  let isDone = false;
  const waiting = withFileLock(path, () => {
    isDone = true;
    return Promise.resolve();
  });
  // A check of the lock cannot be observed, so this waits for many turns of the event loop.
  for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
  expect(isDone).toBe(false);
  leave(hostname(), await endedProcess());
  await waiting;
  expect(isDone).toBe(true);
});

test('a lock is released when the work fails', async () => {
  await expect(withFileLock(path, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(readdirSync(folder)).toEqual([]);
});
