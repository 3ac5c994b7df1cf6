// Resources that soci-index index uses: memory that does not grow with the image, and no disk.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLocalRegistry, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { createRandom, mixedBytes } from '../helpers/random.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { measureIndex, pushImageOf } from './measured-index.ts';
import { compressPart, serveRepeatedLayer } from './repeated-layer.ts';

const peakMebibytes = 250;

const mebibyte = 1024 * 1024;
const filesPerPart = 16;
const fileBytes = mebibyte;

const repository = 'large/image';
const folder = makeTemporaryFolder();

let registry: LocalRegistry;
beforeAll(async () => {
  registry = await createLocalRegistry();
});
afterAll(() => registry.close());

const random = createRandom(20);
/** 16 MiB of files: text, repeats and noise. */
const part = compressPart((tar) => {
  for (let file = 0; file < filesPerPart; file++) {
    tar.entry({ name: `opt/part/${file}` }, mixedBytes(random, fileBytes));
  }
  return tar;
});

test.each<[string, string, readonly number[]]>([
  // The number of parts that make 1 GB of tar.
  ['one layer of 1 GB uncompressed', 'one-layer', [Math.ceil(1e9 / part.uncompressedBytes)]],
  ['40 layers of 50 MB uncompressed', 'many-layers', Array<number>(40).fill(3)],
])(
  'an image with %s is indexed in less than 250 MiB of memory, without writing a file',
  async (_title, tag, parts) => {
    const layers = parts.map(
      (count, position) =>
        serveRepeatedLayer(registry, repository, `${tag}-${position}`, part, count).descriptor,
    );
    await pushImageOf(registry, repository, layers, tag);

    const measured = await measureIndex(`${registry.host}/${repository}:${tag}`, join(folder, tag));

    const { stdout, stderr, peakMemoryMebibytes } = measured;
    process.stderr.write(`${tag}: a peak of ${peakMemoryMebibytes.toFixed(0)} MiB\n`);
    expect(measured).toMatchObject({ exitCode: 0, filesWritten: [] });
    expect(stderr).not.toContain('soci-index:');
    const report = JSON.parse(stdout) as {
      status: string;
      bytesRead: number;
      indexes: { layers: { status: string; ztoc: { files: number } }[] }[];
    };
    expect(report).toMatchObject({
      status: 'indexed',
      bytesRead: layers.reduce((sum, { size }) => sum + size, 0),
    });
    expect(report.indexes[0]!.layers.map(({ status, ztoc }) => [status, ztoc.files])).toEqual(
      parts.map((count) => ['indexed', 1 + count * filesPerPart]),
    );
    expect(peakMemoryMebibytes).toBeLessThan(peakMebibytes);
  },
);
