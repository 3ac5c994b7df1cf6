// Creates layers to measure from files that every checkout has: the packages in node_modules, Node's executable, and noise from
// a fixed key instead of media. The same Node and packages result in the same layers.
import { spawn } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';

export type LayerKind =
  | 'source text'
  | 'binaries'
  | 'compressed media'
  | 'many small files'
  | 'tiny files'
  | 'tiny files with PAX records'
  | 'one huge file'
  | 'mix';

/** `members`: gzip members of 4 MiB of tar each. `pigz`: compressed by that program, which must be on the PATH. */
export type LayerCompression = 'level 1' | 'level 6' | 'level 9' | 'members' | 'pigz';

export interface SampleLayer {
  readonly name: string;
  readonly path: string;
  readonly tarBytes: number;
  readonly compressedBytes: number;
}

const mebibyte = 1024 * 1024;
const memberTarBytes = 4 * mebibyte;
const mediaFileBytes = 6 * mebibyte;
const smallFileBytes = 700;
/** Two blocks of zeros at the end of a tar. */
const endMarkerBytes = 1024;
/** For a large layer, a part of this size is compressed once and repeated. It is far larger than a decoder's window. */
const partTarBytes = 128 * mebibyte;
const fewestParts = 3;
const gzipAsync = promisify(gzip);

/** Writes a layer with at least `mebibytes` MiB of tar. */
export async function writeLayer(
  folder: string,
  kind: LayerKind,
  compression: LayerCompression,
  mebibytes: number,
): Promise<SampleLayer> {
  const tar = await packTar(kind, mebibytes * mebibyte);
  const name = `${kind}, ${compression}`;
  const path = join(folder, `${name.replaceAll(/\W+/g, '-')}.tar.gz`);
  const compressed = await compressTar(tar, compression);
  await writeFile(path, compressed);
  return { name, path, tarBytes: tar.length, compressedBytes: compressed.length };
}

/**
 * Writes a mixed layer of any size. It consists of one gzip member, usually of 128 MiB of tar, repeated, because creating
 * it is not measured.
 */
export async function writeLargeLayer(folder: string, mebibytes: number): Promise<SampleLayer> {
  const part = await packTar('mix', Math.min(partTarBytes, (mebibytes * mebibyte) / fewestParts));
  const entries = part.subarray(0, -endMarkerBytes);
  const member = await compressTar(entries, 'level 6');
  const end = await compressTar(Buffer.alloc(endMarkerBytes), 'level 6');
  const count = Math.ceil((mebibytes * mebibyte) / entries.length);
  const path = join(folder, 'large.tar.gz');
  const output = createWriteStream(path);
  for (let index = 0; index < count; index++) {
    if (!output.write(member)) await once(output, 'drain');
  }
  output.end(end);
  await once(output, 'finish');
  return {
    name: 'large mix',
    path,
    tarBytes: count * entries.length + endMarkerBytes,
    compressedBytes: count * member.length + end.length,
  };
}

async function compressTar(tar: Buffer, compression: LayerCompression): Promise<Buffer> {
  switch (compression) {
    case 'pigz':
      return runFilter('pigz', ['-6', '--no-name'], tar);
    case 'members': {
      const members: Buffer[] = [];
      for (let start = 0; start < tar.length; start += memberTarBytes) {
        members.push(await gzipAsync(tar.subarray(start, start + memberTarBytes)));
      }
      return Buffer.concat(members);
    }
    case 'level 1':
    case 'level 6':
    case 'level 9':
      return gzipAsync(tar, { level: Number(compression.slice('level '.length)) });
  }
}

async function runFilter(program: string, args: readonly string[], input: Buffer): Promise<Buffer> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  child.stdin.end(input);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  if (exitCode !== 0) throw new Error(`${program} ended with ${String(exitCode)}`);
  return Buffer.concat(pieces);
}

/** A tar of at least this many bytes, with its end marker. */
export async function packTar(kind: LayerKind, bytes: number): Promise<Buffer> {
  const archive = pack();
  const pieces: Buffer[] = [];
  let packedBytes = 0;
  archive.on('data', (piece) => {
    pieces.push(piece as Buffer);
    packedBytes += (piece as Buffer).length;
  });
  const ended = once(archive, 'end');
  for await (const file of filesOf(kind, bytes)) {
    await addEntry(archive, file);
    if (packedBytes >= bytes) break;
  }
  archive.finalize();
  await ended;
  return Buffer.concat(pieces);
}

interface SampleFile {
  readonly name: string;
  readonly data: Buffer;
  readonly pax?: Readonly<Record<string, string>>;
}

/** An endless sequence of files, except for `one huge file`. */
async function* filesOf(kind: LayerKind, bytes: number): AsyncGenerator<SampleFile> {
  switch (kind) {
    case 'source text':
      yield* sourceFiles();
      return;
    case 'binaries': {
      const data = await readFile(await realpath(process.execPath));
      for (let copy = 0; ; copy++) yield { name: `usr/local/bin/node-${copy}`, data };
    }
    case 'compressed media':
      for (let film = 0; ; film++)
        yield { name: `media/film-${film}.mp4`, data: makeNoise(film, mediaFileBytes) };
    case 'many small files':
      for await (const { name, data } of sourceFiles()) {
        for (let start = 0; start < data.length; start += smallFileBytes) {
          yield { name: `${name}/${start}`, data: data.subarray(start, start + smallFileBytes) };
        }
      }
      return;
    case 'tiny files':
      yield* tinyFiles();
      return;
    case 'tiny files with PAX records':
      for (const { name, data } of tinyFiles()) {
        yield { name, data, pax: { 'SCHILY.xattr.user.name': name.slice(-20), mtime: '1700000000.25' } };
      }
      return;
    case 'one huge file': {
      const pieces: Buffer[] = [];
      let remaining = bytes;
      for await (const { data } of filesOf('mix', bytes)) {
        if (remaining <= 0) break;
        pieces.push(data);
        remaining -= data.length;
      }
      yield { name: 'var/lib/data.db', data: Buffer.concat(pieces) };
      return;
    }
    case 'mix': {
      // A tenth is media, followed by a program and text, similar to an application's image.
      const films = Math.max(1, Math.round(bytes / 10 / mediaFileBytes));
      for (let film = 0; film < films; film++) {
        yield { name: `media/film-${film}.mp4`, data: makeNoise(film, mediaFileBytes) };
      }
      const program = await readFile(await realpath(process.execPath));
      yield { name: 'usr/local/bin/node', data: program.subarray(0, Math.ceil(bytes / 2)) };
      yield* sourceFiles();
    }
  }
}

/** The text in node_modules, repeated under other names. */
async function* sourceFiles(): AsyncGenerator<SampleFile> {
  const modules = resolve('node_modules');
  const names = (await readdir(modules, { recursive: true }))
    .filter((name) => /\.(js|mjs|ts|json|md)$/.test(name))
    .sort();
  for (let copy = 0; ; copy++) {
    for (const name of names) {
      // A folder may be named like a file.
      const data = await readFile(join(modules, name)).catch(() => undefined);
      if (data !== undefined) yield { name: join('app', String(copy), name), data };
    }
  }
}

/** Incompressible bytes, like media, and the same in every run. */
function makeNoise(seed: number, bytes: number): Buffer {
  const start = Buffer.alloc(16);
  start.writeUInt32BE(seed);
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), start).update(Buffer.alloc(bytes));
}

/** Files like those of package managers, with long names and a few lines of text. */
function* tinyFiles(): Generator<SampleFile> {
  for (let file = 0; ; file++) {
    const name = `usr/lib/node_modules/package-${Math.floor(file / 100)}/lib/sub-${Math.floor(file / 10) % 10}/file-${file}.js`;
    yield { name, data: Buffer.from(`module.exports = ${file};\n`.repeat(1 + (file % 20))) };
  }
}

/** Adds an entry with a fixed time. Otherwise, each run would measure different bytes. */
function addEntry(archive: Pack, { name, data, pax }: SampleFile): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry({ name, mtime: new Date(0), ...(pax && { pax }) }, data, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
