// A file that a command reads.
import { open, type FileHandle } from 'node:fs/promises';
import { FormatError } from '../core/errors.ts';

/** Reading less at a time costs calls, more only memory. */
const pieceBytes = 512 * 1024;

/**
 * The file's bytes in order. While one piece is worked on, the next is being read; a piece is overwritten after the one
 * that follows it has been asked for.
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
    // Its failure is thrown where it is awaited, unless nobody wants the next piece.
    reading.catch(() => undefined);
    yield piece;
  }
}

/** Calls `use` with the open file, and closes it. */
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

/** Calls `work`, and names the file where its format is at fault. @throws Error */
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
