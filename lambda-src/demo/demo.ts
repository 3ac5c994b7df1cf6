// The demo: indexes a real image, from its push to reading files through the index. Both functions run as in AWS, with an
// ECR event, the AWS SDK, and a registry that behaves like ECR. The stand-ins for AWS run on this machine.
import { readWholeBlob } from '../content/read-whole.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import { readFileData } from '../core/ztoc/span-reader.ts';
import { flatbufferMaximumBytes, type Ztoc } from '../core/ztoc/ztoc.ts';
import { decodeZtoc } from '../core/ztoc/ztoc-decoder.ts';
import { readIndexedImage } from '../image/indexed-image.ts';
import { presentIndexesOf } from '../image/soci-indexes.ts';
import ztocWorker from '../threads/ztoc-worker.ts?program';
import { ZtocWorkers } from '../threads/ztoc-workers.ts';
import { createLocalRegistry, ecrWays, type LocalRegistry } from '../local-registry/local-registry.ts';
import { RegistryStore } from '../registry/registry-store.ts';
import { shortDigest } from '../terminal/layer-progress.ts';
import { formatBytes, formatCount } from '../core/quantities.ts';
import { printTable } from '../terminal/table.ts';
import { type DemoImage, type DemoLayer, pushDemoImage } from './demo-image.ts';
import { findSampleFiles, readSampleFile, type SampleFile } from './sample-layer.ts';
import {
  type SociIndexVersion,
  ztocMediaType,
  defaultMinimumLayerSizeBytes,
  defaultSpanSizeBytes,
} from '../core/soci-names.ts';

const repository = 'demo/app';
const tag = 'v1';
const filter = 'demo/*:v*';
const npmFiles = 1000;
/** Number of files of each layer to read back. */
const filesReadBack = 4;

export async function runDemo(): Promise<void> {
  const registry = await createLocalRegistry(ecrWays);
  const jobs = new ZtocWorkers(ztocWorker);
  try {
    await tellStory(registry, jobs);
  } finally {
    await jobs.close();
    await registry.close();
  }
}

async function tellStory(registry: LocalRegistry, jobs: ZtocWorkers): Promise<void> {
  const { username, password } = ecrWays.access;
  const store = new RegistryStore({
    registry: registry.host,
    repository,
    credentials: () => Promise.resolve({ kind: 'password', username, password }),
  });

  say('1. An image made from files of this machine, pushed to a local registry that behaves like Amazon ECR');
  const [executable, ...others] = await findSampleFiles(npmFiles);
  const image = await pushDemoImage(store, tag, executable === undefined ? [] : [executable], others);
  say(`   ${registry.host}/${repository}:${tag}  ${image.digest}`);
  for (const { descriptor, files } of image.layers) {
    say(
      `   layer ${shortDigest(descriptor.digest)}  ${formatBytes(descriptor.size)}, ${formatCount(files.length, 'file')}`,
    );
  }
  say(`   platforms ${image.platforms.map(formatPlatform).join(' and ')}, which share the first layer`);

  // Contains the AWS SDK, which no other command should have to load.
  const { runFunctions } = await import('./demo-functions.ts');
  const chapters: readonly (readonly [SociIndexVersion, string])[] = [
    [
      'V1',
      '2. The event of that push, with version V1: for each platform, a SOCI index that refers to its manifest',
    ],
    [
      'V2',
      '3. The same event, with version V2: a new image that contains the old one and its indexes; deploy its tag',
    ],
  ];
  for (const [version, headline] of chapters) {
    say(`\n${headline}`);
    const settings = {
      version,
      filter,
      minimumLayerSizeBytes: defaultMinimumLayerSizeBytes,
      spanSizeBytes: defaultSpanSizeBytes,
    };
    const { report, log } = await runFunctions(
      registry,
      { repository, tag, digest: image.digest },
      settings,
      jobs,
    );
    for (const line of log) say(`   log: ${line}`);
    if (report.status !== 'indexed') throw new Error(`the image was not indexed: ${report.status}`);
    say(`   ${report.status} ${report.digest}${report.tag === undefined ? '' : `, tag ${report.tag}`}`);
    for (const { platform, digest, layers } of report.indexes) {
      const words = layers.map((layer) =>
        layer.status === 'skipped'
          ? `a layer was skipped (${layer.reason})`
          : `${formatCount(layer.ztoc.spans, 'span')} with ${formatCount(layer.ztoc.files, 'file')}`,
      );
      say(`   ${platform}: SOCI index ${shortDigest(digest ?? 'none')}: ${words.join('; ')}`);
    }
  }

  say('\n4. Files read through the V2 index, as by a runtime that has not downloaded the image');
  await readBack(registry, store, image);
  say(
    '   Only the spans that contain a file were fetched. This is how a container can start before its image is downloaded.',
  );
}

/** Reads files of every indexed layer through the index, and compares them. @throws Error if one differs. */
async function readBack(registry: LocalRegistry, store: RegistryStore, image: DemoImage): Promise<void> {
  const found = await readIndexedImage(store, `${tag}-soci`);
  if (found.kind !== 'image') throw new Error('the SOCI image is missing');
  const rows: string[][] = [];
  for (const { layerDigest, ztoc } of presentIndexesOf(found.platforms[0]!).flatMap(({ layers }) => layers)) {
    const layer = image.layers.find(({ descriptor }) => descriptor.digest === layerDigest)!;
    const bytes = await readWholeBlob(store, { mediaType: ztocMediaType, ...ztoc }, flatbufferMaximumBytes);
    rows.push(...(await readFilesBack(registry, layer, decodeZtoc(bytes))));
  }
  if (rows.length === 0) throw new Error('no layer was indexed');
  say(printTable(['read', 'file', 'size', 'fetched from the layer', 'identical'], rows));
}

async function readFilesBack(registry: LocalRegistry, layer: DemoLayer, ztoc: Ztoc): Promise<string[][]> {
  const rows: string[][] = [];
  const step = Math.max(1, Math.floor(layer.files.length / filesReadBack));
  for (let index = 0; index < layer.files.length; index += step) {
    rows.push(await readFileBack(registry, layer, ztoc, index, layer.files[index]!));
  }
  return rows;
}

/** Of a large file, only the beginning is read back, as a process would read it first. */
const maximumPartBytes = 1024 * 1024;

async function readFileBack(
  registry: LocalRegistry,
  { descriptor }: DemoLayer,
  ztoc: Ztoc,
  index: number,
  file: SampleFile,
): Promise<string[]> {
  const entry = ztoc.contents.at(index);
  const wanted = Math.min(file.size, maximumPartBytes);
  let fetchedBytes = 0;
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of readFileData(ztoc, entry, async (start, end) => {
    fetchedBytes += end - start;
    return fetchRange(registry, descriptor.digest, start, end);
  })) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= wanted) break;
  }
  const original = await readSampleFile(file);
  const isSame = Buffer.concat(pieces).subarray(0, wanted).equals(original.subarray(0, wanted));
  if (!isSame) throw new Error(`${file.name} differs when it is read through the index`);
  const share = ((fetchedBytes / descriptor.size) * 100).toFixed(1);
  const part = wanted < file.size ? `first ${formatBytes(wanted)}` : 'all';
  return [part, file.name, formatBytes(file.size), `${formatBytes(fetchedBytes)} (${share} %)`, 'yes'];
}

/** Fetches bytes of a layer as a snapshotter does. */
async function fetchRange(
  registry: LocalRegistry,
  digest: Digest,
  start: number,
  end: number,
): Promise<Uint8Array> {
  const { username, password } = ecrWays.access;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const range = `bytes=${start}-${end - 1}`;
  const blob = await fetch(`${registry.url}/v2/${repository}/blobs/${digest}`, {
    headers: { authorization, range },
    redirect: 'manual',
  });
  // Like ECR, the registry redirects to the blob's storage, which needs no credentials.
  const answer = await fetch(blob.headers.get('location') ?? '', { headers: { range } });
  if (answer.status !== 206) throw new Error(`the registry answered ${answer.status} to a range request`);
  return new Uint8Array(await answer.arrayBuffer());
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
