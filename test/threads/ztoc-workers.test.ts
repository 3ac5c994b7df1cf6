// The threads run the same program as in the bundles.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from '@jest/globals';
import { FormatError } from '../../lambda-src/core/errors.ts';
import type { ZtocOptions } from '../../lambda-src/core/ztoc/ztoc-builder.ts';
import {
  type BuiltZtoc,
  ownThread,
  type ZtocJob,
  type ZtocJobs,
} from '../../lambda-src/threads/ztoc-jobs.ts';
import { ZtocWorkers } from '../../lambda-src/threads/ztoc-workers.ts';
import { builtProgram } from '../helpers/built-program.ts';
import { concat, gzipOf } from '../helpers/gzip.ts';
import { createRandom, mixedBytes } from '../helpers/random.ts';
import { TarWriter } from '../helpers/tar-writer.ts';

const program = readFileSync(builtProgram('ztoc-worker.js'), 'utf8');
const gzip: ZtocOptions = { compression: 'gzip', spanSizeBytes: 100_000, buildToolIdentifier: 'a test' };

const pools: ZtocWorkers[] = [];

function openPool(size: number, run: string = program): ZtocWorkers {
  const pool = new ZtocWorkers(run, size);
  pools.push(pool);
  return pool;
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

/**
 * A tar with files whose bytes depend on the seed. With 40 files, it is larger than all buffers of a job even when
 * compressed.
 */
function tarOf(seed: number, files: number): Uint8Array {
  const random = createRandom(seed);
  const tar = new TarWriter();
  for (let index = 0; index < files; index++) {
    tar.entry({ name: `file-${seed}-${index}` }, mixedBytes(random, 700_000 + index));
  }
  return Uint8Array.from(tar.end().bytes());
}

function push(job: ZtocJob, bytes: Uint8Array, pieceBytes: number): Promise<void> {
  return (async () => {
    for (let start = 0; start < bytes.length; start += pieceBytes) {
      const piece = bytes.slice(start, start + pieceBytes);
      await job.push(piece);
      // The caller may overwrite the bytes from now on.
      piece.fill(0xaa);
    }
  })();
}

async function build(
  jobs: ZtocJobs,
  bytes: Uint8Array,
  options: ZtocOptions = gzip,
  pieceBytes = 65_536,
): Promise<BuiltZtoc> {
  const job = jobs.start(options);
  try {
    await push(job, bytes, pieceBytes);
    return await job.finish();
  } finally {
    job.discard();
  }
}

/** The error of a promise that must be rejected. */
async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('no error was thrown');
    },
    (error: unknown) => error,
  );
}

const tar = tarOf(1, 40);
const layer = gzipOf(tar);

describe('the threads', () => {
  test.each<[string, () => Uint8Array, ZtocOptions, number]>([
    ['gzip, in small pieces', () => layer, gzip, 10_007],
    ['gzip, in pieces larger than a buffer', () => layer, gzip, 1_500_000],
    ['gzip, at once', () => layer, gzip, layer.length],
    ['a plain tar', () => tar, { ...gzip, compression: 'uncompressed' }, 262_144],
    ['fewer bytes than a buffer', () => gzipOf(tarOf(2, 0)), gzip, 7],
  ])('build the same zTOC as the calling thread: %s', async (_title, makeBytes, options, pieceBytes) => {
    const bytes = makeBytes();
    const { bytes: expectedBytes, ...expected } = await build(ownThread, bytes, options);
    const { bytes: ztocBytes, ...built } = await build(openPool(1), bytes, options, pieceBytes);
    expect(built).toEqual(expected);
    expect(Buffer.compare(ztocBytes, expectedBytes)).toBe(0);
  });

  test('build one layer while another is in progress, and then the next one', async () => {
    const pool = openPool(2);
    const first = pool.start(gzip);
    try {
      const { digest } = await build(ownThread, layer);
      expect((await build(pool, layer)).digest).toBe(digest);
      await push(first, layer, 65_536);
      expect((await first.finish()).digest).toBe(digest);
      first.discard();
      expect((await build(pool, layer)).digest).toBe(digest);
    } finally {
      first.discard();
    }
  });

  test('are not started for a few bytes, but used for them if they already run', async () => {
    // A program that fails if a thread runs it.
    const pool = openPool(2, 'throw new Error("a thread was started")');
    const few = gzipOf(tarOf(2, 1));
    const { digest } = await build(ownThread, few);
    const start = (options: ZtocOptions) => pool.start(options, 32 * 1024 * 1024 - 1);
    expect((await build({ size: 2, start }, few)).digest).toBe(digest);
    const many = (options: ZtocOptions) => pool.start(options, 32 * 1024 * 1024);
    await expect(build({ size: 2, start: many }, few)).rejects.toThrow('a thread was started');
    const started = openPool(2);
    expect((await build(started, few)).digest).toBe(digest);
    expect((await build({ size: 2, start: (options) => started.start(options, 1) }, few)).digest).toBe(
      digest,
    );
  });

  test('can build more layers at the same time than there are threads', async () => {
    const pool = openPool(3);
    const layers = [1, 2, 3, 4, 5].map((seed) => gzipOf(tarOf(seed, 2)));
    const built = await Promise.all(layers.map((bytes) => build(pool, bytes)));
    for (const [index, bytes] of layers.entries()) {
      expect(built[index]!.digest).toBe((await build(ownThread, bytes)).digest);
    }
    expect(new Set(built.map(({ digest }) => digest)).size).toBe(5);
  });

  test('load little: the decoder and the builder, but nothing of the program that starts them', () => {
    expect(program.length).toBeLessThan(110 * 1024);
  });

  test('are reused for the next layer', async () => {
    const pool = openPool(1, countingProgram());
    const threads = [];
    for (const seed of [1, 2, 3]) {
      await build(pool, gzipOf(tarOf(seed, 1)));
      threads.push((await askThread(pool)).thread);
    }
    expect(new Set(threads).size).toBe(1);
  });

  test('receive only the bytes that were pushed, even from a larger array', async () => {
    const pool = openPool(1);
    const around = concat(new Uint8Array(1000).fill(1), layer, new Uint8Array(1000).fill(2));
    const job = pool.start(gzip);
    await job.push(around.subarray(1000, 1000 + layer.length));
    expect((await job.finish()).digest).toBe((await build(ownThread, layer)).digest);
    job.discard();
  });

  test('report which entry overlaps another, as the calling thread does', async () => {
    const overlapping = new TarWriter()
      .entry({ name: 'link', type: '2', linkName: 'x', size: 600 })
      .entry({ name: 'over' }, 'content')
      .end()
      .bytes();
    const built = await build(openPool(1), gzipOf(overlapping));
    expect(built.overlappingEntry).toBe('over');
    expect(built.digest).toBe((await build(ownThread, gzipOf(overlapping))).digest);
  });
});

describe('an error', () => {
  const badCrc = layer.slice();
  badCrc[badCrc.length - 8]! ^= 1;
  const badStart = layer.slice();
  badStart[2] = 7;
  const badTar = gzipOf(tar.map((byte, index) => (index === 148 ? 0x41 : byte)));

  test.each<[string, () => Uint8Array]>([
    ['at the beginning of a layer of many buffers', () => badStart],
    ['at the end', () => badCrc],
    ['at the end of a truncated stream', () => layer.subarray(0, -100)],
    ['in the tar', () => badTar],
  ])(
    'is the same as in the calling thread, with its class, message and position: %s',
    async (_title, makeBytes) => {
      const expected = await errorOf(build(ownThread, makeBytes()));
      const error = await errorOf(build(openPool(1), makeBytes()));
      expect(error).toBeInstanceOf(FormatError);
      const { format, problem, offset, message } = error as FormatError;
      expect({ format, problem, offset, message }).toEqual({
        format: (expected as FormatError).format,
        problem: (expected as FormatError).problem,
        offset: (expected as FormatError).offset,
        message: (expected as FormatError).message,
      });
    },
  );

  test('is thrown again by further pushes, and at the end', async () => {
    const job = openPool(1).start(gzip);
    const first = await errorOf(push(job, concat(badStart, layer, layer), 65_536));
    expect(await errorOf(push(job, concat(layer, layer), 65_536))).toBe(first);
    expect(await errorOf(job.finish())).toBe(first);
    job.discard();
  });

  test('for one layer does not affect the next on the same thread', async () => {
    const pool = openPool(1);
    for (const bytes of [badStart, badCrc, badTar]) {
      await errorOf(build(pool, bytes));
      expect((await build(pool, layer)).digest).toBe((await build(ownThread, layer)).digest);
    }
  });

  test('is not a FormatError if the layer did not cause it', async () => {
    const error = await errorOf(
      build(openPool(1), tar, { ...gzip, compression: 'uncompressed', spanSizeBytes: 0 }),
    );
    expect(error).not.toBeInstanceOf(FormatError);
    expect(String(error)).toContain('Expected `spanSizeBytes`');
  });
});

describe('a job that is discarded before its end', () => {
  test('does not affect the next one on the same thread', async () => {
    const pool = openPool(1);
    const other = gzipOf(tarOf(9, 5));
    for (const givenUpAfter of [0, 1000, 300_000, 1_200_000]) {
      const job = pool.start(gzip);
      await push(job, other.subarray(0, givenUpAfter), 65_536);
      job.discard();
      expect((await build(pool, layer)).digest).toBe((await build(ownThread, layer)).digest);
    }
  });

  test('is also discarded in its thread, like failed and finished jobs', async () => {
    const pool = openPool(1, countingProgram());
    await build(pool, layer);
    await errorOf(build(pool, layer.subarray(0, -100)));
    const job = pool.start(gzip);
    await push(job, layer.subarray(0, 1000), 65_536);
    job.discard();
    expect((await askThread(pool)).discarded).toBe(3);
  });

  test('may be discarded twice, and after its end, without its thread being used for two jobs at once', async () => {
    const pool = openPool(2);
    const job = pool.start(gzip);
    await push(job, layer, 65_536);
    await job.finish();
    job.discard();
    job.discard();
    const digest = (await build(ownThread, layer)).digest;
    const both = await Promise.all([build(pool, layer), build(pool, layer)]);
    expect(both.map((built) => built.digest)).toEqual([digest, digest]);
  });
});

/** A program that builds zTOCs and also inspects each request. */
function watchingProgram(onStart: string): string {
  return `${program}
    const { parentPort, threadId } = require('node:worker_threads');
    let discarded = 0;
    parentPort.on('message', ({ kind, job, options }) => {
      if (kind === 'discard') discarded++;
      if (kind === 'start') { ${onStart} }
    });`;
}

/**
 * A thread that fails for the build tool identifier `asked`, and reports its number and how many jobs it has discarded.
 */
function countingProgram(): string {
  return watchingProgram(
    `if (options.buildToolIdentifier === 'asked')
       parentPort.postMessage({ job, kind: 'failed', failure: { message: threadId + ' ' + discarded } });`,
  );
}

async function askThread(pool: ZtocWorkers): Promise<{ thread: number; discarded: number }> {
  const job = pool.start({ ...gzip, buildToolIdentifier: 'asked' });
  const error = await errorOf(job.finish());
  job.discard();
  const [thread, discarded] = (error as Error).message.split(' ').map(Number);
  return { thread: thread!, discarded: discarded! };
}

describe('a thread that dies', () => {
  const dying = watchingProgram(
    `if (options.buildToolIdentifier === 'exit') process.exit(3);
     if (options.buildToolIdentifier === 'throw') throw new Error('out of luck');`,
  );

  test.each([
    ['exit', 'the thread that builds the zTOC has exited'],
    ['throw', 'out of luck'],
  ])('fails its job with an error, and the pool continues with another thread: %s', async (how, sentence) => {
    const pool = openPool(1, dying);
    await build(pool, layer);
    const digest = (await build(ownThread, layer)).digest;
    for (let round = 0; round < 3; round++) {
      const error = await errorOf(build(pool, layer, { ...gzip, buildToolIdentifier: how }));
      expect(error).not.toBeInstanceOf(FormatError);
      expect((error as Error).message).toContain(sentence);
      // Immediately, because the thread may still be ending.
      expect((await build(pool, layer)).digest).toBe(digest);
    }
  });

  test('while idle gets no further job, and the next layer gets another thread', async () => {
    const threads: Worker[] = [];
    const onWorker = (message: unknown) => threads.push((message as { readonly worker: Worker }).worker);
    subscribe('worker_threads', onWorker);
    try {
      const pool = openPool(1);
      await build(pool, layer);
      const [first] = threads;
      await first!.terminate();
      expect((await build(pool, layer)).digest).toBe((await build(ownThread, layer)).digest);
      expect(threads).toHaveLength(2);
    } finally {
      unsubscribe('worker_threads', onWorker);
    }
  });

  test('fails small layers, too, which also use a running thread', async () => {
    const pool = openPool(1, dying);
    await build(pool, layer);
    const small: ZtocJobs = { size: 1, start: (options) => pool.start(options, 1) };
    await expect(build(small, layer, { ...gzip, buildToolIdentifier: 'throw' })).rejects.toThrow(
      'out of luck',
    );
  });

  test('does not fail the jobs of other threads', async () => {
    const pool = openPool(2, dying);
    const [error, built] = await Promise.all([
      errorOf(build(pool, layer, { ...gzip, buildToolIdentifier: 'throw' })),
      build(pool, layer),
    ]);
    expect((error as Error).message).toContain('out of luck');
    expect(built.digest).toBe((await build(ownThread, layer)).digest);
  });

  test.each([
    ['cannot be read', 'const;', 'Unexpected token'],
    ['fails at once', "require('./none.cjs');", 'none.cjs'],
  ])('causes an error with its own message if the program %s', async (_title, run, words) => {
    const error = await errorOf(build(openPool(1, run), layer));
    expect((error as Error).message).toContain(words);
  });
});

test('closing a pool ends the jobs in progress', async () => {
  const pool = openPool(1);
  const job = pool.start(gzip);
  await job.push(layer.subarray(0, 1000));
  const finished = errorOf(job.finish());
  await pool.close();
  expect(((await finished) as Error).message).toBe('the thread that builds the zTOC has exited');
  job.discard();
});

test('a thread that dies while idle does not take another idle thread with it', async () => {
  const threads: Worker[] = [];
  const onWorker = (message: unknown) => threads.push((message as { readonly worker: Worker }).worker);
  subscribe('worker_threads', onWorker);
  try {
    const pool = openPool(2);
    const jobs = [pool.start(gzip), pool.start(gzip)];
    for (const job of jobs) {
      await push(job, layer.subarray(0, 1000), 65_536);
      job.discard();
    }
    await threads[0]!.terminate();
    await build(pool, gzipOf(tarOf(3, 1)));
    expect(threads).toHaveLength(2);
  } finally {
    unsubscribe('worker_threads', onWorker);
  }
});
