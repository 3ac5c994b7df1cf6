// Images from various builders: each is indexed, verified, diagnosed, inspected, copied with everything that it refers
// to, and verified again. The table in docs/reliability.md lists them; this test keeps the two equal.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import type { Descriptor, Platform } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeManifest } from '../../lambda-src/core/oci/manifest.ts';
import { diagnoseImage } from '../../lambda-src/doctor/diagnosis.ts';
import { readIndexedImage } from '../../lambda-src/image/indexed-image.ts';
import { presentIndexesOf } from '../../lambda-src/image/soci-indexes.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { verifyImage } from '../../lambda-src/verifier/verify-image.ts';
import {
  blobOf,
  dockerTypes,
  gzipLayer,
  linuxAmd64,
  linuxArm64,
  pushAttestation,
  pushImage,
  pushIndex,
  tarLayer,
} from '../helpers/images.ts';

const layers = [gzipLayer('base'), gzipLayer('app')];
const dockerLayers = [gzipLayer('base', dockerTypes.gzip)];
const windows: Platform = { architecture: 'amd64', os: 'windows', 'os.version': '10.0.20348.1' };

/** An attestation as an OCI artifact with a subject, which BuildKit makes since v0.34. */
async function pushAttestationWithSubject(store: MemoryStore, image: Descriptor): Promise<Descriptor> {
  const { mediaType, digest, size } = image;
  const statement = blobOf(Buffer.from(`{"of":"${digest}"}`), 'application/vnd.in-toto+json');
  const config = blobOf(Buffer.from('{}'), 'application/vnd.oci.empty.v1+json');
  for (const { descriptor, bytes } of [statement, config]) await store.pushBlob(descriptor, bytes);
  const manifest = encodeManifest({
    artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
    config: config.descriptor,
    layers: [statement.descriptor],
    subject: { mediaType, digest, size },
  });
  await store.pushManifest(manifest);
  return {
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.bytes.length,
    platform: { architecture: 'unknown', os: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': digest,
    },
  };
}

type Push = (store: MemoryStore) => Promise<unknown>;

/** By their names in the table. All images are at the tag `v1`. */
const kinds: Readonly<Record<string, Push>> = {
  'BuildKit, one platform with provenance': async (store) => {
    const image = await pushImage(store, { layers });
    await pushIndex(store, [image, await pushAttestation(store, image)], { tag: 'v1' });
  },
  'BuildKit, two platforms with provenance and SBOM that have a subject': async (store) => {
    const images = [
      await pushImage(store, { layers }),
      await pushImage(store, { layers: [gzipLayer('arm')], platform: linuxArm64 }),
    ];
    const attestations = await Promise.all(images.map((image) => pushAttestationWithSubject(store, image)));
    await pushIndex(store, [...images, ...attestations], { tag: 'v1' });
  },
  'BuildKit, annotations on index, entry and manifest': async (store) => {
    const image = await pushImage(store, { layers, annotations: { level: 'manifest' } });
    const entry = { ...image, annotations: { level: 'entry' } };
    await pushIndex(store, [entry], { tag: 'v1', annotations: { level: 'index' } });
  },
  'docker push, Docker types': (store) =>
    pushImage(store, { tag: 'v1', types: dockerTypes, layers: dockerLayers }),
  'Docker manifest list': async (store) => {
    const parts = { types: dockerTypes, layers: dockerLayers };
    const entries = [
      await pushImage(store, parts),
      await pushImage(store, { ...parts, platform: { ...linuxArm64, variant: 'v8' } }),
    ];
    await pushIndex(store, entries, { tag: 'v1', mediaType: dockerTypes.index });
  },
  'buildah, OCI manifest with a history annotation': (store) =>
    pushImage(store, { tag: 'v1', layers, annotations: { 'org.opencontainers.image.base.name': 'scratch' } }),
  'jib, many small layers': (store) =>
    pushImage(store, { tag: 'v1', layers: ['a', 'b', 'c', 'd', 'e'].map((name) => gzipLayer(name)) }),
  'ko, index of two platforms': async (store) => {
    const entries = [
      await pushImage(store, { layers }),
      await pushImage(store, { layers: [gzipLayer('arm')], platform: linuxArm64 }),
    ];
    await pushIndex(store, entries, { tag: 'v1' });
  },
  'umoci, plain tar layers': (store) => pushImage(store, { tag: 'v1', layers: [tarLayer('plain')] }),
  'crane append without a base: no architecture': (store) =>
    pushImage(store, { tag: 'v1', layers, platform: { architecture: '', os: 'linux' } }),
  'crane mutate, annotated manifest': (store) =>
    pushImage(store, { tag: 'v1', layers, annotations: { a: '<&>' } }),
  'crane rebase: the same layer twice': (store) =>
    pushImage(store, { tag: 'v1', layers: [layers[0]!, layers[1]!, layers[0]!] }),
  'crane index append, an entry without a platform': async (store) => {
    const { mediaType, digest, size } = await pushImage(store, { layers: [gzipLayer('other')] });
    await pushIndex(store, [await pushImage(store, { layers }), { mediaType, digest, size }], { tag: 'v1' });
  },
  'regctl index create, Linux with os.version': async (store) => {
    const image = await pushImage(store, { layers });
    await pushIndex(store, [{ ...image, platform: { ...linuxAmd64, 'os.version': '6.1' } }], { tag: 'v1' });
  },
  'Linux and Windows in one index': async (store) => {
    const other = await pushImage(store, { layers: [gzipLayer('w')], platform: windows });
    await pushIndex(store, [await pushImage(store, { layers }), other], { tag: 'v1' });
  },
  'Nix-like, a hundred layers': (store) =>
    pushImage(store, { tag: 'v1', layers: Array.from({ length: 100 }, (_, at) => gzipLayer(`${at}`)) }),
  'cosign signature with an image config': (store) =>
    pushImage(store, {
      tag: 'v1',
      layers: [blobOf(Buffer.from('{}'), 'application/vnd.dev.cosign.simplesigning.v1+json')],
    }),
  "ko's SBOM with an image config": (store) =>
    pushImage(store, { tag: 'v1', layers: [blobOf(Buffer.from('{}'), 'text/spdx+json')] }),
  "BuildKit's cache as an index": (store) =>
    pushIndex(
      store,
      [
        layers[0]!.descriptor,
        blobOf(Buffer.from('{}'), 'application/vnd.buildkit.cacheconfig.v0').descriptor,
      ],
      { tag: 'v1' },
    ),
};

interface Document {
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly Descriptor[];
  readonly subject?: Descriptor;
}

/** Copies everything that can be reached, including subjects, as oras does. */
async function copyByClosure(
  from: MemoryStore,
  to: MemoryStore,
  reference: string,
  tag?: string,
): Promise<void> {
  const manifest = await from.fetchManifest(reference);
  const document = JSON.parse(Buffer.from(manifest.bytes).toString()) as Document;
  const { config, layers: blobs = [], manifests = [], subject } = document;
  for (const one of [...manifests, ...(subject ? [subject] : [])]) await copyByClosure(from, to, one.digest);
  for (const one of [...blobs, ...(config ? [config] : [])]) {
    const pieces: Uint8Array[] = [];
    for await (const piece of from.fetchBlob(one)) pieces.push(piece.slice());
    await to.pushBlob(one, Buffer.concat(pieces));
  }
  await to.pushManifest(manifest, tag);
}

const verify = async (store: MemoryStore) =>
  (await verifyImage(store, 'v1-soci', { minimumLayerSizeBytes: 0, jobs: ownThread })).status;

/** Runs the commands on an image, and returns the cells of its row. */
async function tryKind(push: Push): Promise<readonly string[]> {
  const store = new MemoryStore();
  await push(store);
  const outcome = await indexImage(
    store,
    { reference: 'v1', tag: 'v1' },
    {
      version: 'V2',
      missingPlatforms: 'refuse',
      minimumLayerSizeBytes: 0,
      targetTag: 'v1-soci',
      spanSizeBytes: 4_194_304,
      buildToolIdentifier: 'a test',
      jobs: ownThread,
    },
  );
  const indexed = 'reason' in outcome ? `${outcome.status} (${outcome.reason})` : outcome.status;
  if (outcome.status !== 'indexed') return [indexed, '', '', '', ''];
  const name = { repository: 'registry.example.com/app', place: 'registry', tag: 'v1-soci' } as const;
  const { lazy } = await diagnoseImage(store, name, {
    runtimes: ['snapshotter'],
    minimumLayerSizeBytes: 0,
    tagSuffix: '-soci',
  });
  const inspected = await readIndexedImage(store, 'v1-soci');
  const platforms = inspected.kind === 'image' ? inspected.platforms : [];
  const copy = new MemoryStore();
  await copyByClosure(store, copy, 'v1-soci', 'v1-soci');
  const counted = platforms.flatMap(presentIndexesOf).length;
  return [indexed, await verify(store), lazy.snapshotter ?? '', `${counted}`, await verify(copy)];
}

/** The rows of the table, by the text of their first cell. */
function readRows(): ReadonlyMap<string, readonly string[]> {
  const text = readFileSync(`${__dirname}/../../docs/reliability.md`, 'utf8');
  const section = text.slice(text.indexOf('## Images as builders make them')).split('\n## ')[0]!;
  const rows = section.split('\n').flatMap((line) => {
    const [, name, ...cells] = line.split('|').map((cell) => cell.trim());
    return name === undefined || name === 'image' || /^-+$/.test(name)
      ? []
      : [[name, cells.slice(0, 5)] as const];
  });
  return new Map(rows);
}

describe('the table of images in docs/reliability.md', () => {
  const rows = readRows();

  test('has every kind', () => {
    expect([...rows.keys()]).toEqual(Object.keys(kinds));
  });

  test.each(Object.keys(kinds))('has the actual results for: %s', async (kind) => {
    expect(await tryKind(kinds[kind]!)).toEqual(rows.get(kind));
  });
});
