// Writes files atomically: under a temporary name, then renamed.
import { randomUUID } from 'node:crypto';
import { access, link, rename, rm, writeFile } from 'node:fs/promises';
import { hasErrorCode } from './file-error.ts';

/** Writes `content` to `path` atomically, replacing an existing file. */
export async function replaceFile(path: string, content: Uint8Array | string): Promise<void> {
  await withTemporaryFile(path, content, (temporary) => rename(temporary, path));
}

/** Writes `content` to `path` atomically, unless a file exists there. */
export async function createFile(path: string, content: Uint8Array | string): Promise<void> {
  if (await isThere(path)) return;
  await withTemporaryFile(path, content, async (temporary) => {
    try {
      await link(temporary, path);
    } catch (error) {
      if (!hasErrorCode(error, 'EEXIST')) throw error;
    }
  });
}

export function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** A unique temporary name for a file that will be renamed to `path`. */
export function temporaryPathOf(path: string): string {
  return `${path}.${randomUUID()}.tmp`;
}

async function withTemporaryFile(
  path: string,
  content: Uint8Array | string,
  place: (temporary: string) => Promise<void>,
): Promise<void> {
  // In the same directory, because a rename cannot cross file systems.
  const temporary = temporaryPathOf(path);
  try {
    await writeFile(temporary, content, { flag: 'wx' });
    await place(temporary);
  } finally {
    await rm(temporary, { force: true });
  }
}
