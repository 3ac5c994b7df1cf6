// A lock between processes: a file that one of them has made, and removes when it is done. Node has no lock of the system's.
//
// The file names its holder. A holder that was killed leaves it behind: its process is then gone, or, if it ran on another
// machine, the file is older than what it guards could take.
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isObject } from '../core/is-object.ts';
import { hasErrorCode, isMissingFile } from './file-error.ts';

/** A holder has it for some milliseconds. */
const staleMilliseconds = 30_000;
/** Longer than a lock takes to become stale. */
const patienceMilliseconds = 60_000;
const maximumPauseMilliseconds = 20;

interface Holder {
  readonly host: string;
  readonly process: number;
  readonly token: string;
}

/**
 * Does `work` while no other process holds the lock.
 *
 * @param path Of the lock's file, in a directory that is there.
 * @throws Error if others hold it for a minute; what `work` throws.
 */
export async function withFileLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const own: Holder = { host: hostname(), process: process.pid, token: randomUUID() };
  // Beside its place first, so that a lock is never seen without its holder.
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
    // It may have been taken from a holder that was stopped for long.
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
      throw new Error(`${path} is held by another process: if none is writing there, delete it`);
    }
    await sleep(Math.random() * maximumPauseMilliseconds);
  }
}

/**
 * Puts the own file in the place of a stale one. Of several that try only one makes the file that allows it: a stale lock
 * that was replaced in the meantime has another token.
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
    // EPERM: it runs, as another user.
    return !hasErrorCode(error, 'ESRCH');
  }
}

/** Undefined if there is no lock, or if the file is nobody's: it then has to be deleted by hand. */
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
