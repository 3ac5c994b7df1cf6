// The thread runs what that of the program runs.
import { readFileSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { startLayerFileJob } from '../../lambda-src/cli/layer-file-job.ts';
import { FormatError } from '../../lambda-src/core/errors.ts';
import type { ZtocOptions } from '../../lambda-src/core/ztoc/ztoc-builder.ts';
import { ownThread, type ZtocJob } from '../../lambda-src/threads/ztoc-jobs.ts';
import { builtProgram } from '../helpers/built-program.ts';
import { gzipOf } from '../helpers/gzip.ts';
import { createRandom, mixedBytes } from '../helpers/random.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const program = readFileSync(builtProgram('span-digest-thread.js'), 'utf8');
const options: ZtocOptions = { compression: 'gzip', spanSizeBytes: 50_000, buildToolIdentifier: 'a test' };
const folder = makeTemporaryFolder();

const random = createRandom(5);
const writer = new TarWriter();
for (let index = 0; index < 12; index++) {
  writer.entry({ name: `file-${index}` }, mixedBytes(random, 300_000 + index));
}
const layer = gzipOf(Uint8Array.from(writer.end().bytes()));

const files: FileHandle[] = [];
const jobs: ZtocJob[] = [];

afterEach(async () => {
  for (const job of jobs.splice(0)) job.discard();
  await Promise.all(files.splice(0).map((file) => file.close()));
});

/** A job whose thread reads `inFile`. */
async function startJob(inFile: Uint8Array): Promise<ZtocJob> {
  const path = join(folder, 'layer.tar.gz');
  writeFileSync(path, inFile);
  const file = await open(path, 'r');
  files.push(file);
  const job = startLayerFileJob(program, options, file.fd);
  jobs.push(job);
  return job;
}

async function push(job: ZtocJob, bytes: Uint8Array, pieceBytes: number): Promise<void> {
  for (let start = 0; start < bytes.length; start += pieceBytes)
    await job.push(bytes.subarray(start, start + pieceBytes));
}

describe('the job of a layer that is a file', () => {
  test.each([997, 65_536, 524_288, layer.length])(
    'builds the zTOC that one thread builds, from pieces of %i bytes',
    async (pieceBytes) => {
      const own = ownThread.start(options);
      await own.push(layer);
      const expected = await own.finish();
      expect(expected.spans).toBeGreaterThan(20);
      const job = await startJob(layer);
      await push(job, layer, pieceBytes);
      const built = await job.finish();
      expect({ ...built, bytes: undefined }).toEqual({ ...expected, bytes: undefined });
      expect(Buffer.compare(built.bytes, expected.bytes)).toBe(0);
    },
  );

  test('takes a span that is larger than what the thread reads at a time', async () => {
    const data = mixedBytes(createRandom(6), 900_000);
    const large = gzipOf(Uint8Array.from(new TarWriter().entry({ name: 'large' }, data).end().bytes()));
    const spanSizeBytes = 4 * 1024 * 1024;
    const own = ownThread.start({ ...options, spanSizeBytes });
    await own.push(large);
    const path = join(folder, 'large.tar.gz');
    writeFileSync(path, large);
    const file = await open(path, 'r');
    files.push(file);
    const job = startLayerFileJob(program, { ...options, spanSizeBytes }, file.fd);
    jobs.push(job);
    await push(job, large, 65_536);
    expect((await job.finish()).digest).toBe((await own.finish()).digest);
  });

  test('fails as one thread does where the layer is damaged', async () => {
    const damaged = Uint8Array.from(layer);
    damaged[damaged.length - 6]! ^= 1;
    const job = await startJob(damaged);
    await expect(push(job, damaged, 65_536)).rejects.toThrow(FormatError);
  });

  test('fails where the layer is cut off', async () => {
    const cut = layer.subarray(0, layer.length - 9);
    const job = await startJob(cut);
    await push(job, cut, 65_536);
    await expect(job.finish()).rejects.toThrow('the stream ends in the middle');
  });

  test('never takes digests of bytes that the file no longer has', async () => {
    const job = await startJob(layer.subarray(0, layer.length - 100_000));
    await push(job, layer, 65_536);
    await expect(job.finish()).rejects.toThrow(
      /^the layer's file has become shorter than \d+ bytes while it was read$/,
    );
  });
});
