// Checks with skopeo what docs/guides/promotion.md states about it: which copies keep the index.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { encodeManifest } from '../../lambda-src/core/oci/manifest.ts';
import type { Digest, Platform } from '../../lambda-src/core/oci/descriptor.ts';
import { createLocalRegistry, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { index } from '../doctor/diagnosed-image.ts';
import { diagnoseImage } from '../../lambda-src/doctor/diagnosis.ts';
import { runTool, testWith } from '../e2e/registry-tools.ts';
import { runSociIndex } from '../helpers/command-line.ts';
import { blobOf, linuxAmd64, linuxArm64, ociTypes, pushIndex, tarOf } from '../helpers/images.ts';

describe('skopeo copy', () => {
  const skopeo = testWith('skopeo', 'apt-get install skopeo');
  let registry: LocalRegistry;
  const open = (repository: string) => new RegistryStore({ registry: registry.host, repository });

  /** skopeo inspects configs, so these list the image's layers. */
  async function pushPlatform(store: RegistryStore, platform: Platform) {
    const tar = tarOf(platform.architecture);
    const layer = blobOf(gzipSync(tar), ociTypes.gzip);
    const diffId = `sha256:${createHash('sha256').update(tar).digest('hex')}`;
    const config = blobOf(
      Buffer.from(
        JSON.stringify({ ...platform, config: {}, rootfs: { type: 'layers', diff_ids: [diffId] } }),
      ),
      ociTypes.config,
    );
    for (const { descriptor, bytes } of [config, layer]) await store.pushBlob(descriptor, bytes);
    const manifest = encodeManifest({ config: config.descriptor, layers: [layer.descriptor] });
    await store.pushManifest(manifest);
    const { mediaType, digest, bytes } = manifest;
    return { mediaType, digest, size: bytes.length, platform };
  }

  beforeAll(async () => {
    registry = await createLocalRegistry();
    const store = open('prod/web');
    const entries = [await pushPlatform(store, linuxAmd64), await pushPlatform(store, linuxArm64)];
    await pushIndex(store, entries, { tag: 'v1' });
    await index(store, 'v1');
    await index(store, 'v1', { version: 'V1' });
  });

  afterAll(() => registry.close());

  async function copy(tag: string, target: string, ...options: string[]): Promise<void> {
    await runTool('skopeo', [
      ...['--insecure-policy', 'copy', '--src-tls-verify=false', '--dest-tls-verify=false', ...options],
      ...[`docker://${registry.host}/prod/web:${tag}`, `docker://${registry.host}/${target}:${tag}`],
    ]);
  }

  /** The problems that keep a SOCI snapshotter from lazy-loading the copy. */
  async function findProblems(repository: string, tag: string): Promise<readonly string[]> {
    const name = { repository: `${registry.host}/${repository}`, place: 'registry', tag } as const;
    const { findings } = await diagnoseImage(open(repository), name, {
      runtimes: ['snapshotter'],
      minimumLayerSizeBytes: 0,
      tagSuffix: '-soci',
    });
    return findings.filter(({ severity }) => severity === 'problem').map(({ code }) => code);
  }

  skopeo('with --all keeps the index of a V2 image, and every manifest by digest', async () => {
    await copy('v1-soci', 'live/all', '--all');
    expect(await findProblems('live/all', 'v1-soci')).toEqual([]);
    const { manifests } = JSON.parse(
      Buffer.from((await open('prod/web').fetchManifest('v1-soci')).bytes).toString(),
    ) as { manifests: readonly { digest: Digest }[] };
    expect(manifests.length).toBe(4);
    for (const { digest } of manifests) {
      expect((await open('live/all').fetchManifest(digest)).digest).toBe(digest);
    }
    const copied = `${registry.host}/live/all:v1-soci`;
    const { stdout } = await runSociIndex(['verify', copied, '--min-layer-size', '0']);
    expect(stdout).toContain(`valid: ${copied}`);
  });

  skopeo('without --all loses the index of a V2 image', async () => {
    await copy('v1-soci', 'live/one');
    expect(await findProblems('live/one', 'v1-soci')).toEqual(['index-missing']);
  });

  skopeo('loses V1 indexes with any options', async () => {
    expect(await findProblems('prod/web', 'v1')).not.toContain('no-index');
    await copy('v1', 'live/v1', '--all');
    expect(await findProblems('live/v1', 'v1')).toContain('no-index');
  });
});
