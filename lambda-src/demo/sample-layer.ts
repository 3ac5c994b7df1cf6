// A real layer made from files that every machine with Node.js has: Node's own executable and, if it is installed beside
// it, npm.
import { createReadStream } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';

export interface SampleFile {
  /** The path in the layer. */
  readonly name: string;
  /** The path on this machine. */
  readonly path: string;
  readonly size: number;
}

/** Node's executable (about 100 MB) and at most `npmFiles` of npm's files. */
export async function findSampleFiles(npmFiles: number): Promise<readonly SampleFile[]> {
  const executable = await realpath(process.execPath);
  const files = [await sampleFileOf('usr/local/bin/node', executable)];
  const npmFolder = join(dirname(executable), '..', 'lib', 'node_modules', 'npm');
  const names = await readdir(npmFolder, { recursive: true }).catch(() => [] as string[]);
  for (const name of names.sort()) {
    if (files.length > npmFiles) break;
    const path = join(npmFolder, name);
    if ((await stat(path)).isFile())
      files.push(await sampleFileOf(join('usr/local/lib/node_modules/npm', name), path));
  }
  return files;
}

async function sampleFileOf(name: string, path: string): Promise<SampleFile> {
  return { name, path, size: (await stat(path)).size };
}

/** Packs files into a gzip layer, in memory. */
export async function packLayer(files: readonly SampleFile[]): Promise<Uint8Array> {
  const archive = pack();
  const pieces: Buffer[] = [];
  // Level 1, because the demo is about reading layers, not about compressing them.
  await Promise.all([
    addFiles(archive, files),
    pipeline(archive, createGzip({ level: 1 }), async function (compressed: AsyncIterable<Buffer>) {
      for await (const piece of compressed) pieces.push(piece);
    }),
  ]);
  return Buffer.concat(pieces);
}

async function addFiles(archive: Pack, files: readonly SampleFile[]): Promise<void> {
  for (const file of files) {
    const entry = archive.entry({ name: file.name, size: file.size, mode: 0o755, mtime: new Date(0) });
    await pipeline(createReadStream(file.path), entry);
  }
  archive.finalize();
}

export async function readSampleFile(file: SampleFile): Promise<Uint8Array> {
  return readFile(file.path);
}
