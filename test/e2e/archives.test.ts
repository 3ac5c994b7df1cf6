// OCI archives of other tools: indexed into another archive without a registry, copied from there, and verified.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { encodeManifest } from '../../lambda-src/core/oci/manifest.ts';
import type { Descriptor, Platform } from '../../lambda-src/core/oci/descriptor.ts';
import { createLocalRegistry, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { runSociIndex } from '../helpers/command-line.ts';
import { gzipOf } from '../helpers/gzip.ts';
import { blobOf, linuxAmd64, linuxArm64, ociTypes, pushIndex, tarOf } from '../helpers/images.ts';
import { buildGoProgram } from '../helpers/kept-tool.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { hasTool, runTool, testWith } from './registry-tools.ts';

const folder = makeTemporaryFolder();
const everyLayer = ['--min-layer-size', '0'];
let registry: LocalRegistry;

const open = (repository: string) => new RegistryStore({ registry: registry.host, repository });

/** An image that skopeo can inspect: its config lists its layers. */
async function pushPlatform(
  store: RegistryStore,
  platform: Platform,
  kind: 'gzip' | 'tar',
): Promise<Descriptor> {
  const tar = tarOf(platform.architecture);
  const layer = kind === 'gzip' ? blobOf(gzipOf(tar), ociTypes.gzip) : blobOf(tar, ociTypes.tar);
  const diffId = `sha256:${createHash('sha256').update(tar).digest('hex')}`;
  const rootfs = { type: 'layers', diff_ids: [diffId] };
  const config = blobOf(Buffer.from(JSON.stringify({ ...platform, config: {}, rootfs })), ociTypes.config);
  for (const { descriptor, bytes } of [config, layer]) await store.pushBlob(descriptor, bytes);
  const manifest = encodeManifest({
    mediaType: ociTypes.manifest,
    config: config.descriptor,
    layers: [layer.descriptor],
  });
  await store.pushManifest(manifest);
  return { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length, platform };
}

const skopeoCopy = (source: string, target: string) =>
  runTool('skopeo', [
    ...['--insecure-policy', 'copy', '--all', '--src-tls-verify=false', '--dest-tls-verify=false'],
    ...[source, target],
  ]);

async function indexArchive(image: string, indexed: string): Promise<string> {
  const words = [
    'index',
    `oci-archive:${image}`,
    '--output',
    `oci-archive:${indexed}`,
    '--json',
    ...everyLayer,
  ];
  const { exitCode, stdout, stderr } = await runSociIndex(words);
  if (exitCode !== 0) throw new Error(stderr);
  return (JSON.parse(stdout) as { digest: string }).digest;
}

beforeAll(async () => {
  registry = await createLocalRegistry();
  for (const kind of ['gzip', 'tar'] as const) {
    const store = open(`team/${kind}`);
    const entries = [];
    for (const platform of [linuxAmd64, linuxArm64]) entries.push(await pushPlatform(store, platform, kind));
    await pushIndex(store, entries, { tag: 'v1' });
  }
});

afterAll(() => registry.close());

describe('an archive that skopeo wrote', () => {
  const skopeo = testWith('skopeo', 'apt-get install skopeo');

  if (hasTool('go', 'apt-get install golang')) {
    skopeo(
      'is indexed, copied to a registry by oras, and equals indexing there digest for digest',
      async () => {
        const oras = buildGoProgram('oras', 'oras.land/oras', 'v1.2.3', './cmd/oras');
        const [image, indexed] = [join(folder, 'image.tar'), join(folder, 'indexed.tar')];
        await skopeoCopy(`docker://${registry.host}/team/gzip:v1`, `oci-archive:${image}:v1`);
        const digest = await indexArchive(image, indexed);
        const target = `${registry.host}/live/gzip:v1-soci`;
        await runTool(oras, [
          ...['cp', '--from-oci-layout', `${indexed}:v1-soci`, '--to-plain-http', target],
        ]);
        expect((await open('live/gzip').resolve('v1-soci'))?.digest).toBe(digest);
        const verified = await runSociIndex(['verify', target]);
        expect([verified.exitCode, verified.stdout]).toEqual([0, expect.stringMatching(/^valid: /)]);
        const there = await runSociIndex([
          'index',
          `${registry.host}/team/gzip:v1`,
          '--quiet',
          ...everyLayer,
        ]);
        expect(there.stdout).toBe(`${registry.host}/team/gzip@${digest}\n`);
      },
    );
  }

  // docs/guides/promotion.md states this of skopeo 1.9.
  skopeo(
    'of plain tar layers is indexed, and a copy whose layers skopeo compressed is detected',
    async () => {
      const indexed = join(folder, 'plain-indexed.tar');
      const words = ['--output', `oci-archive:${indexed}`, '--quiet', ...everyLayer];
      expect((await runSociIndex(['index', `${registry.host}/team/tar:v1`, ...words])).exitCode).toBe(0);
      const valid = await runSociIndex(['verify', `oci-archive:${indexed}`]);
      expect([valid.exitCode, valid.stdout]).toEqual([0, expect.stringMatching(/^valid: /)]);
      await skopeoCopy(`oci-archive:${indexed}:v1-soci`, `docker://${registry.host}/live/tar:v1-soci`);
      const broken = await runSociIndex(['verify', `${registry.host}/live/tar:v1-soci`]);
      expect(broken.exitCode).toBe(1);
      expect(broken.stderr).toMatch(/its entry in the image index has no artifact type: skopeo copy/);
      expect(broken.stdout).toMatch(/is for the layer sha256:[0-9a-f]{64}, which is not in the image/);
    },
  );
});
