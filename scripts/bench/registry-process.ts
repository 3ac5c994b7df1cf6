// Runs the local registry in a separate process, so that its CPU time does not count as the client's. It serves files as blobs
// when the parent process requests it, and reports which blobs are read.
import { readFileSync } from 'node:fs';
import { createLocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';

export type RegistryRequest =
  | {
      readonly kind: 'serve';
      readonly repository: string;
      readonly blobs: readonly { readonly digest: string; readonly path: string }[];
    }
  | { readonly kind: 'list reads'; readonly repository: string };

export interface BlobRead {
  readonly digest: string;
  readonly bytes: number;
}

export interface RegistryAnswer {
  readonly host: string;
  /** Answer to `list reads`: what clients have read in the repository so far. */
  readonly blobReads: readonly BlobRead[];
}

const registry = await createLocalRegistry();
/** A file in several repositories is kept in memory only once. */
const contents = new Map<string, Uint8Array>();

function readContent(path: string): Uint8Array {
  const content = contents.get(path) ?? readFileSync(path);
  contents.set(path, content);
  return content;
}

function answer(blobReads: readonly BlobRead[] = []): void {
  process.send!({ host: registry.host, blobReads } satisfies RegistryAnswer);
}

process.on('message', (request: RegistryRequest) => {
  switch (request.kind) {
    case 'serve':
      for (const { digest, path } of request.blobs) {
        registry.serveBlob(request.repository, digest, readContent(path));
      }
      answer();
      return;
    case 'list reads': {
      const folder = `/v2/${request.repository}/blobs/`;
      const reads = registry.log.filter(({ method, path }) => method === 'GET' && path.startsWith(folder));
      answer(reads.map(({ path, bytes }) => ({ digest: path.slice(folder.length), bytes })));
    }
  }
});
process.on('disconnect', () => void registry.close());
answer();
