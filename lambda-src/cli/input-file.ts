// A file that a command reads.
import { open, type FileHandle } from 'node:fs/promises';
import { FormatError } from '../core/errors.ts';

/** Smaller pieces cost more system calls; larger ones only take memory. */
const pieceBytes = 512 * 1024;

/**
 * The file's bytes in order. The next piece is read while the current one is processed; a piece is overwritten after the
 * next one has been requested.
 */
export async function* readPieces(file: FileHandle): AsyncGenerator<Uint8Array> {
  const buffers = [Buffer.allocUnsafe(pieceBytes), Buffer.allocUnsafe(pieceBytes)] as const;
  let turn = 0;
  let reading = file.read(buffers[0], 0, pieceBytes);
  for (;;) {
    const { bytesRead } = await reading;
    if (bytesRead === 0) return;
    const piece = buffers[turn % 2]!.subarray(0, bytesRead);
    turn++;
    reading = file.read(buffers[turn % 2]!, 0, pieceBytes);
    // An error is thrown when the piece is awaited, unless nobody requests it.
    reading.catch(() => undefined);
    yield piece;
  }
}

/** Opens the file, calls `use`, and closes the file. */
export async function withFile<Result>(
  path: string,
  use: (file: FileHandle) => Promise<Result>,
): Promise<Result> {
  const file = await open(path, 'r');
  try {
    if ((await file.stat()).isDirectory()) throw new Error(`${path} is a directory, not a file`);
    return await use(file);
  } finally {
    await file.close();
  }
}

/** Calls `work`, and adds the file's name to a format error. @throws Error */
export async function namingFile<Result>(
  path: string,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof FormatError ? new Error(`${path}: ${error.message}`, { cause: error }) : error;
  }
}
