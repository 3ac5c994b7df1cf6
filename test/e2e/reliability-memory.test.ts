// The memory that soci-index index uses, compared with the formula in docs/reliability.md, for images of sizes that other
// builders fail on, generated on the fly and read in a process that may not write to any file.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLocalRegistry, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { createRandom, mixedBytes } from '../helpers/random.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { measureIndex, pushImageOf } from './measured-index.ts';
import { compressPart, type LayerPart, serveRepeatedLayer } from './repeated-layer.ts';

const mebibyte = 1024 * 1024;

// The formula, in MiB: base + for each layer in flight (share + 2 x zTOC), where a zTOC has 0.8 % of the uncompressed
// bytes, plus the table of contents.
const baseMebibytes = 160;
const shareMebibytes = 32;
const checkpointShare = 0.008;
/** The table of contents, with names of 50 characters. */
const bytesPerFile = 200;
/** The number of threads, of which soci-index uses at most four. */
const threads = Math.min(availableParallelism(), 4);

const repository = 'large/image';
const folder = makeTemporaryFolder();

let registry: LocalRegistry;
beforeAll(async () => {
  registry = await createLocalRegistry();
});
afterAll(() => registry.close());

const filesPerPart = 16;

/** 16 MiB of files: text, repeats and noise for `contentBytes` of each, and zeros. */
function makePart(contentBytes: number): LayerPart {
  const random = createRandom(20);
  return compressPart((tar) => {
    for (let file = 0; file < filesPerPart; file++) {
      const content = new Uint8Array(mebibyte);
      content.set(mixedBytes(random, contentBytes));
      tar.entry({ name: `opt/part/${file}` }, content);
    }
    return tar;
  });
}

/** A thousand files of a few bytes. */
function makeSmallFiles(): LayerPart {
  return compressPart((tar) => {
    for (let file = 0; file < 1000; file++) {
      const name = `usr/share/application/module-${file % 50}/file-number-${file}.txt`;
      tar.entry({ name, userName: 'root', groupName: 'root' }, `file ${file}`);
    }
    return tar;
  });
}

interface Shape {
  readonly layers: number;
  readonly part: () => LayerPart;
  readonly partsPerLayer: number;
  readonly filesPerLayer: number;
}

const shapes: Readonly<Record<string, Shape>> = {
  'one layer of 10 GB uncompressed': {
    layers: 1,
    part: () => makePart(mebibyte / 2),
    // 597 parts of 16.008 MiB are 10.02 GB.
    partsPerLayer: 597,
    filesPerLayer: 1 + 597 * filesPerPart,
  },
  '60 layers of 48 MiB uncompressed': {
    layers: 60,
    part: () => makePart(mebibyte),
    partsPerLayer: 3,
    filesPerLayer: 1 + 3 * filesPerPart,
  },
  'one layer of a million files': {
    layers: 1,
    part: makeSmallFiles,
    partsPerLayer: 1000,
    filesPerLayer: 1_000_001,
  },
};

test.each(Object.entries(shapes))(
  'an image with %s is indexed within the memory that the formula predicts, without writing a file',
  async (title, shape) => {
    const tag = title.replaceAll(' ', '-');
    const part = shape.part();
    const layers = Array.from({ length: shape.layers }, (_, position) =>
      serveRepeatedLayer(registry, repository, `${tag}-${position}`, part, shape.partsPerLayer),
    );
    const descriptors = layers.map(({ descriptor }) => descriptor);
    await pushImageOf(registry, repository, descriptors, tag);

    const measured = await measureIndex(`${registry.host}/${repository}:${tag}`, join(folder, tag));

    const { uncompressedBytes } = layers[0]!;
    const ztocBytes = checkpointShare * uncompressedBytes + bytesPerFile * shape.filesPerLayer;
    const inFlight = Math.min(threads, shape.layers);
    const limit = baseMebibytes + inFlight * (shareMebibytes + (2 * ztocBytes) / mebibyte);
    process.stderr.write(
      `${title}: a peak of ${measured.peakMemoryMebibytes.toFixed(0)} of ${limit.toFixed(0)} MiB\n`,
    );
    expect(measured).toMatchObject({ exitCode: 0, filesWritten: [] });
    const report = JSON.parse(measured.stdout) as {
      status: string;
      bytesRead: number;
      indexes: { layers: { status: string; ztoc: { size: number; files: number } }[] }[];
    };
    // Each byte crosses the network once.
    expect(report).toMatchObject({
      status: 'indexed',
      bytesRead: descriptors.reduce((sum, { size }) => sum + size, 0),
    });
    const outcomes = report.indexes[0]!.layers;
    expect(outcomes.map(({ status, ztoc }) => [status, ztoc.files])).toEqual(
      layers.map(() => ['indexed', shape.filesPerLayer]),
    );
    for (const { ztoc } of outcomes) expect(ztoc.size).toBeLessThan(ztocBytes + mebibyte / 16);
    expect(measured.peakMemoryMebibytes).toBeLessThan(limit);
  },
);
