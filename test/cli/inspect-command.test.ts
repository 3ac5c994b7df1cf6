import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeManifest } from '../../lambda-src/core/oci/manifest.ts';
import { ociConfigType } from '../../lambda-src/core/oci/media-type.ts';
import { createLocalRegistry, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { runSociIndex } from '../helpers/command-line.ts';
import { TarWriter } from '../helpers/tar-writer.ts';

let registry: LocalRegistry;
const indexing = ['--min-layer-size', '0', '--json'];

beforeAll(async () => {
  registry = await createLocalRegistry();
  const store = new RegistryStore({ registry: registry.host, repository: 'team/app' });
  const push = async (mediaType: string, bytes: Uint8Array) => {
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    await store.pushBlob(descriptor, bytes);
    return descriptor;
  };
  const tar = new TarWriter()
    .entry({ name: 'etc/motd' }, 'hello')
    .entry({ name: 'etc/', type: '5' })
    .end()
    .bytes();
  const layer = await push('application/vnd.oci.image.layer.v1.tar+gzip', new Uint8Array(gzipSync(tar)));
  const config = await push(ociConfigType, new TextEncoder().encode('{"architecture":"arm64","os":"linux"}'));
  await store.pushManifest(encodeManifest({ config, layers: [layer] }), 'v1');
});

afterAll(() => registry.close());

interface Report {
  readonly image: string;
  readonly platforms: readonly {
    platform: string;
    layers: number;
    indexes: readonly { version: string; digest: string; layers: unknown[] }[];
  }[];
}

describe('soci-index inspect IMAGE', () => {
  test('says that an image has no SOCI index, then which ones it has', async () => {
    const name = `${registry.host}/team/app:v1`;
    const inspect = async (image: string) =>
      JSON.parse((await runSociIndex(['inspect', image, '--json'])).stdout) as Report;
    expect((await inspect(name)).platforms).toMatchObject([
      { platform: 'linux/arm64', layers: 1, indexes: [] },
    ]);

    const v1 = JSON.parse(
      (await runSociIndex(['index', name, '--index-version', 'v1', ...indexing])).stdout,
    ) as { digest: string };
    const v2 = JSON.parse((await runSociIndex(['index', name, ...indexing])).stdout) as {
      indexes: { digest: string }[];
    };
    const layers = [
      {
        compressedSize: expect.any(Number),
        uncompressedSize: 2560,
        ztoc: expect.objectContaining({ spans: 1, files: 2 }),
      },
    ];
    expect((await inspect(name)).platforms[0]!.indexes).toMatchObject([
      { version: 'V1', digest: v1.digest, layers },
    ]);
    expect((await inspect(`${name}-soci`)).platforms[0]!.indexes).toMatchObject([
      { version: 'V2', digest: v2.indexes[0]!.digest, layers },
    ]);
    expect(await inspect(`${registry.host}/team/app@${v1.digest}`)).toMatchObject({
      version: 'V1',
      digest: v1.digest,
    });

    const words = await runSociIndex(['inspect', `${name}-soci`]);
    expect(words).toMatchObject({ exitCode: 0, stderr: '' });
    expect(words.stdout).toMatch(/linux\/arm64 .*\n {2}SOCI index V2 sha256:/);
  });

  test.each([
    ['a tag that there is not', () => `${registry.host}/team/app:v9`, 1, /there is no manifest v9/],
    ['a name that is none', () => 'https://registry/app', 2, /write it without https:\/\//],
    ['a layout that is not there', () => 'oci:/no/such/layout:v1', 1, /no\/such\/layout/],
  ])('ends with a sentence for %s', async (_, name, expectedCode, sentence) => {
    const { exitCode, stdout, stderr } = await runSociIndex(['inspect', name(), '--json']);
    expect({ exitCode, stdout }).toEqual({ exitCode: expectedCode, stdout: '' });
    expect(stderr).toMatch(sentence);
  });
});
