// A large layer for measurements, made of real files of this machine and some that are already compressed.
import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import { projectFolder } from './bundles.ts';

const mebibyte = 1024 * 1024;
const partBytes = 128 * mebibyte;
const mediaBytes = 12 * mebibyte;
const compressionLevel = 6;
/** Two blocks of zeros at the end of a tar. */
const endMarkerBytes = 1024;

/**
 * Writes a gzip layer with at least `mebibytes` MiB of tar: Node's executable, media, and source text, again and again
 * in members of about 128 MiB. (They are compressed only once: making a layer is not what is measured.)
 *
 * @returns The bytes of its tar.
 */
export async function writeSampleLayer(path: string, mebibytes: number): Promise<number> {
  const tar = await packPart();
  const part = gzipSync(tar.subarray(0, tar.length - endMarkerBytes), { level: compressionLevel });
  const count = Math.ceil((mebibytes * mebibyte) / (tar.length - endMarkerBytes));
  const output = createWriteStream(path);
  for (let index = 0; index < count; index++) {
    if (!output.write(part)) await once(output, 'drain');
  }
  output.end(gzipSync(Buffer.alloc(endMarkerBytes)));
  await once(output, 'finish');
  return count * (tar.length - endMarkerBytes) + endMarkerBytes;
}

async function packPart(): Promise<Buffer> {
  const archive = pack();
  const pieces: Buffer[] = [];
  archive.on('data', (piece) => pieces.push(piece as Buffer));
  const ended = once(archive, 'end');
  let bytes = 0;
  const add = async (name: string, data: Buffer) => {
    bytes += data.length;
    await addEntry(archive, name, data);
  };
  await add('media/film.mp4', makeMedia());
  await add('usr/local/bin/node', await readFile(await realpath(process.execPath)));
  const modules = join(projectFolder, 'node_modules');
  for (const name of (await readdir(modules, { recursive: true })).sort()) {
    if (bytes >= partBytes) break;
    if (/\.(js|mjs|ts|json|md)$/.test(name))
      await add(join('app', name), await readFile(join(modules, name)).catch(() => Buffer.alloc(0)));
  }
  archive.finalize();
  await ended;
  return Buffer.concat(pieces);
}

function addEntry(archive: Pack, name: string, data: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry({ name }, data, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

/** Bytes that do not compress, as media do: the same in every run. */
function makeMedia(): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(mediaBytes));
}
