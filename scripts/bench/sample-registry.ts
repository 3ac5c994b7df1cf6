// The client side of the registry for whole-flow measurements.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { describeImage, type DigestedLayer } from './image-layout.ts';
import type { BlobRead, RegistryAnswer, RegistryRequest } from './registry-process.ts';

export class SampleRegistry {
  readonly #child: ChildProcess;

  private constructor(
    child: ChildProcess,
    readonly host: string,
  ) {
    this.#child = child;
  }

  static async start(): Promise<SampleRegistry> {
    const child = fork(fileURLToPath(new URL('registry-process.ts', import.meta.url)));
    const [{ host }] = (await once(child, 'message')) as [RegistryAnswer];
    return new SampleRegistry(child, host);
  }

  /** Creates an image from layer files. */
  async serveImage(repository: string, tag: string, layers: readonly DigestedLayer[]): Promise<void> {
    await this.#ask({
      kind: 'serve',
      repository,
      blobs: layers.map(({ digest, path }) => ({ digest, path })),
    });
    const store = new RegistryStore({ registry: this.host, repository });
    const { config, manifest } = describeImage(layers);
    const mediaType = 'application/vnd.oci.image.config.v1+json';
    await store.pushBlob({ mediaType, digest: digestOf(config), size: config.length }, config);
    await store.pushManifest(manifest, tag);
  }

  async listBlobReads(repository: string): Promise<readonly BlobRead[]> {
    return (await this.#ask({ kind: 'list reads', repository })).blobReads;
  }

  close(): void {
    this.#child.disconnect();
  }

  async #ask(request: RegistryRequest): Promise<RegistryAnswer> {
    const answered = once(this.#child, 'message');
    this.#child.send(request);
    return ((await answered) as [RegistryAnswer])[0];
  }
}
