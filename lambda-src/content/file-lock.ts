// A lock between processes: a file that its holder creates, and deletes afterwards. Node.js has no API for operating-system
// file locks.
//
// The file names its holder. If the holder is killed, the file remains. A lock is stale if its holder ran on this machine
// and no longer runs, or if the file is older than the guarded work can take.
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isObject } from '../core/is-object.ts';
import { hasErrorCode, isMissingFile } from './file-error.ts';

/** A lock is normally held for a few milliseconds. */
const staleMilliseconds = 30_000;
/** Longer than it takes for a lock to become stale. */
const patienceMilliseconds = 60_000;
const maximumPauseMilliseconds = 20;

interface Holder {
  readonly host: string;
  readonly process: number;
  readonly token: string;
}

/**
 * Runs `work` while no other process holds the lock.
 *
 * @param path The lock file, in an existing directory.
 * @throws Error if other processes hold the lock for a minute; any error from `work`.
 */
export async function withFileLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const own: Holder = { host: hostname(), process: process.pid, token: randomUUID() };
  // Written under another name first, so that a lock file always names its holder.
  const prepared = `${path}.${own.token}.tmp`;
  await writeFile(prepared, JSON.stringify(own), { flag: 'wx' });
  try {
    await acquire(path, prepared);
  } finally {
    await rm(prepared, { force: true });
  }
  try {
    return await work();
  } finally {
    // If this process was suspended for a long time, another one may have taken over the lock.
    if ((await readHolder(path))?.token === own.token) await rm(path, { force: true });
  }
}

async function acquire(path: string, prepared: string): Promise<void> {
  const endsAt = performance.now() + patienceMilliseconds;
  for (;;) {
    try {
      await link(prepared, path);
      return;
    } catch (error) {
      if (!hasErrorCode(error, 'EEXIST')) throw error;
    }
    const holder = await readHolder(path);
    if (holder !== undefined && (await isStale(path, holder)) && (await takeOver(path, prepared, holder)))
      return;
    if (performance.now() > endsAt) {
      throw new Error(
        `${path} is held by another process. If no process is writing to this directory, delete the file`,
      );
    }
    await sleep(Math.random() * maximumPauseMilliseconds);
  }
}

/**
 * Replaces a stale lock with our own. If several processes try this, only one can create the claim file. If the stale lock
 * was replaced in the meantime, its token differs.
 */
async function takeOver(path: string, prepared: string, stale: Holder): Promise<boolean> {
  const claim = `${path}.${stale.token}.claim`;
  try {
    await link(prepared, claim);
  } catch (error) {
    if (hasErrorCode(error, 'EEXIST')) return false;
    throw error;
  }
  try {
    if ((await readHolder(path))?.token !== stale.token) return false;
    await rename(claim, path);
    return true;
  } finally {
    await rm(claim, { force: true });
  }
}

async function isStale(path: string, { host, process: id }: Holder): Promise<boolean> {
  if (host === hostname() && !isRunning(id)) return true;
  try {
    return Date.now() - (await stat(path)).mtimeMs > staleMilliseconds;
  } catch (error) {
    if (isMissingFile(error)) return false;
    throw error;
  }
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    // EPERM: the process is running as another user.
    return !hasErrorCode(error, 'ESRCH');
  }
}

/** Undefined if there is no lock, or if the file is not a lock. Such a file must be deleted by hand. */
async function readHolder(path: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw error;
  }
  try {
    const json: unknown = JSON.parse(text);
    const { host, process: id, token } = isObject(json) ? json : {};
    if (typeof host !== 'string' || typeof id !== 'number' || typeof token !== 'string') return undefined;
    return /^[0-9a-f-]{36}$/.test(token) ? { host, process: id, token } : undefined;
  } catch {
    return undefined;
  }
}
