// Lists of files to prefetch make the same artifacts as `soci convert --prefetch-file`: see test/fixtures/README.md.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readWholeBlob } from '../../lambda-src/content/read-whole.ts';
import type { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { sociPrefetchType } from '../../lambda-src/core/soci-names.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { verifyImage } from '../../lambda-src/verifier/verify-image.ts';
import { conformanceFolders } from '../helpers/conformance.ts';
import { copyLayout } from '../helpers/copied-layout.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

interface PrefetchCase {
  readonly name: string;
  readonly spanSize: number;
  readonly prefetchFiles: readonly string[];
  readonly digest: Digest;
  readonly sociIndex: Digest;
  readonly prefetch?: Readonly<Record<Digest, { readonly layer: Digest; readonly bytes: string }>>;
}

interface PrefetchCases {
  readonly buildToolIdentifier: string;
  readonly image: string;
  readonly minLayerSize: number;
  readonly cases: readonly PrefetchCase[];
}

const copies = makeTemporaryFolder();
const folders = conformanceFolders.filter(([, folder]) => existsSync(join(folder, 'prefetch.json')));

/** What the reference does not find: entries whose names in the tar start with `./`. */
const foundHereOnly = (name: string) => name.startsWith('dotted');

describe.each(folders)('the lists of %s', (title, folder) => {
  const { buildToolIdentifier, image, minLayerSize, cases } = JSON.parse(
    readFileSync(join(folder, 'prefetch.json'), 'utf8'),
  ) as PrefetchCases;

  async function convert({ name, spanSize, prefetchFiles }: PrefetchCase): Promise<{
    readonly store: LayoutStore;
    readonly outcome: Awaited<ReturnType<typeof indexImage>>;
  }> {
    const { store, source } = await copyLayout(join(folder, image), join(copies, title, name));
    const outcome = await indexImage(
      store,
      { reference: source },
      {
        version: 'V2',
        missingPlatforms: 'refuse',
        minimumLayerSizeBytes: minLayerSize,
        spanSizeBytes: spanSize,
        buildToolIdentifier,
        targetTag: 'soci',
        prefetch: prefetchFiles,
        jobs: ownThread,
      },
    );
    return { store, outcome };
  }

  test('exist', () => {
    expect(cases.length).toBeGreaterThanOrEqual(36);
  });

  test.each(cases.filter(({ name }) => !foundHereOnly(name)).map((one) => [one.name, one] as const))(
    '%s: the index and its artifacts are byte-identical to the reference’s, and valid',
    async (_, one) => {
      const { store, outcome } = await convert(one);
      expect(outcome).toMatchObject({ status: 'indexed', digest: one.digest });
      expect(outcome.indexes[0]?.digest).toBe(one.sociIndex);
      for (const [digest, { bytes }] of Object.entries(one.prefetch ?? {})) {
        const target = { mediaType: sociPrefetchType, digest: digest as Digest, size: bytes.length };
        expect(Buffer.from(await readWholeBlob(store, target, bytes.length)).toString()).toBe(bytes);
      }
      const verdict = await verifyImage(store, 'soci', {
        minimumLayerSizeBytes: minLayerSize,
        jobs: ownThread,
      });
      expect(verdict).toMatchObject({ status: 'valid' });
    },
  );

  test.each(cases.filter(({ name }) => foundHereOnly(name)).map((one) => [one.name, one] as const))(
    '%s: a file with an uncleaned name in the tar also gets an artifact, which is valid',
    async (_, one) => {
      const { store, outcome } = await convert(one);
      expect(outcome).toMatchObject({ status: 'indexed', warnings: [] });
      expect(outcome.indexes[0]?.prefetch).toHaveLength(1);
      const verdict = await verifyImage(store, 'soci', {
        minimumLayerSizeBytes: minLayerSize,
        jobs: ownThread,
      });
      expect(verdict).toMatchObject({ status: 'valid' });
    },
  );
});
