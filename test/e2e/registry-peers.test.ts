// Tests our client with another registry implementation, and our registry and layouts with another client.
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import { encodeIndex, encodeManifest } from '../../lambda-src/core/oci/manifest.ts';
import { createLocalRegistry, ecrWays } from '../../lambda-src/local-registry/local-registry.ts';
import type { CredentialsProvider } from '../../lambda-src/registry/credentials.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import {
  bytesOf,
  describeBlob,
  pushSample,
  readAll,
  type SampleManifest,
} from '../content/sample-content.ts';
import { defineContentStoreContract } from '../content/store-contract.ts';
import { findFreePort, hasTool, runTool, testWith, waitForServer } from './registry-tools.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peers-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

if (hasTool('docker-registry', 'apt-get install docker-registry')) {
  describe("Debian's docker-registry, which has no referrers API", () => {
    let server: ChildProcess;
    let host: string;
    let repositories = 0;
    beforeAll(async () => {
      host = `127.0.0.1:${await findFreePort()}`;
      const configuration = {
        version: '0.1',
        log: { level: 'error' },
        storage: { filesystem: { rootdirectory: join(directory, 'registry') }, delete: { enabled: true } },
        http: { addr: host },
      };
      // YAML includes JSON.
      await writeFile(join(directory, 'registry.yml'), JSON.stringify(configuration));
      server = spawn('docker-registry', ['serve', join(directory, 'registry.yml')], { stdio: 'ignore' });
      await waitForServer(server, `http://${host}/v2/`);
    });
    afterAll(async () => {
      server.kill();
      if (server.exitCode === null) await once(server, 'exit');
    });
    defineContentStoreContract('docker-registry', () => {
      repositories++;
      return Promise.resolve({
        store: new RegistryStore({ registry: host, repository: `test/${repositories}` }),
        referrersApi: false,
      });
    });
  });
}

/** An image that a client may inspect: its layer is a gzipped, empty tar. */
function realImage(architecture: string): SampleManifest {
  const tar = new Uint8Array(1024);
  const layer = gzipSync(tar);
  const diffId = `sha256:${createHash('sha256').update(tar).digest('hex')}`;
  const config = bytesOf(
    JSON.stringify({ architecture, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [diffId] } }),
  );
  const manifest = encodeManifest({
    config: describeBlob(config, 'application/vnd.oci.image.config.v1+json'),
    layers: [describeBlob(layer, 'application/vnd.oci.image.layer.v1.tar+gzip')],
  });
  return { manifest, blobs: [config, layer] };
}

describe('skopeo', () => {
  const skopeo = testWith('skopeo', 'apt-get install skopeo');
  const credentials: CredentialsProvider = () =>
    Promise.resolve({ kind: 'password', username: 'AWS', password: ecrWays.access.password });
  const images = ['amd64', 'arm64'].map(realImage);
  const index = encodeIndex({
    manifests: images.map(({ manifest }, position) => ({
      mediaType: manifest.mediaType,
      digest: manifest.digest,
      size: manifest.bytes.length,
      platform: { architecture: position === 0 ? 'amd64' : 'arm64', os: 'linux' },
    })),
  });

  skopeo(
    'copies a two-platform image from our layout through our registry into a layout that we can read',
    async () => {
      const source = new LayoutStore(join(directory, 'source'));
      for (const image of images) await pushSample(source, image);
      await source.pushManifest(index, 'v1');

      const registry = await createLocalRegistry(ecrWays);
      try {
        const remote = `docker://${registry.host}/team/app:v1`;
        const account = `AWS:${ecrWays.access.password}`;
        const copy = ['--insecure-policy', 'copy', '--all', '--preserve-digests'];
        await runTool('skopeo', [
          ...copy,
          '--dest-tls-verify=false',
          `--dest-creds=${account}`,
          `oci:${source.directory}:v1`,
          remote,
        ]);
        const store = new RegistryStore({ registry: registry.host, repository: 'team/app', credentials });
        expect((await store.fetchManifest('v1')).digest).toBe(index.digest);
        for (const { manifest, blobs } of images) {
          expect((await store.fetchManifest(manifest.digest)).bytes).toEqual(manifest.bytes);
          for (const blob of blobs)
            expect(Buffer.compare(await readAll(store.fetchBlob(describeBlob(blob))), blob)).toBe(0);
        }

        const target = join(directory, 'target');
        await runTool('skopeo', [
          ...copy,
          '--src-tls-verify=false',
          `--src-creds=${account}`,
          remote,
          `oci:${target}:v2`,
        ]);
        const layout = new LayoutStore(target);
        expect((await layout.listImages()).map(({ tag }) => tag)).toEqual(['v2']);
        expect((await layout.fetchManifest('v2')).digest).toBe(index.digest);
      } finally {
        await registry.close();
      }
    },
  );

  skopeo('reads what our client pushed', async () => {
    const registry = await createLocalRegistry();
    try {
      const store = new RegistryStore({ registry: registry.host, repository: 'team/app' });
      for (const image of images) await pushSample(store, image);
      await store.pushManifest(index, 'v1');
      const raw = await runTool('skopeo', [
        'inspect',
        '--raw',
        '--tls-verify=false',
        `docker://${registry.host}/team/app:v1`,
      ]);
      expect(raw).toBe(Buffer.from(index.bytes).toString());
    } finally {
      await registry.close();
    }
  });
});
