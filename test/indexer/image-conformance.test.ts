// Images are converted exactly as `soci convert` does, from an OCI layout on disk to one on disk: see
// test/fixtures/README.md.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { digestOf, type Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { parsePlatform } from '../../lambda-src/core/oci/platform.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { conformanceFolders } from '../helpers/conformance.ts';
import { copyLayout } from '../helpers/copied-layout.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { defaultSpanSizeBytes } from '../../lambda-src/core/soci-names.ts';

interface ImageCase {
  /** Folder of the OCI layout, whose index.json has one entry. */
  readonly image: string;
  readonly indexVersion: 'V2';
  readonly platforms: 'all' | readonly string[];
  readonly minLayerSize: number;
  readonly digest: Digest;
  /** The new JSON blobs, by digest. */
  readonly written: Readonly<Record<Digest, string>>;
}

interface ImageCases {
  readonly buildToolIdentifier: string;
  readonly cases: readonly ImageCase[];
}

/** By digest. Neither layers nor zTOCs begin with a brace. */
function readJsonBlobs(layout: string): Record<string, string> {
  const folder = join(layout, 'blobs', 'sha256');
  const blobs = readdirSync(folder).map(
    (name) => [`sha256:${name}`, readFileSync(join(folder, name))] as const,
  );
  return Object.fromEntries(
    blobs
      .filter(([, bytes]) => bytes[0] === '{'.charCodeAt(0))
      .map(([digest, bytes]) => [digest, bytes.toString()]),
  );
}

const copies = makeTemporaryFolder();

describe.each(conformanceFolders)('the images of %s', (title, folder) => {
  const { buildToolIdentifier, cases } = JSON.parse(
    readFileSync(join(folder, 'images.json'), 'utf8'),
  ) as ImageCases;

  test('exist', () => {
    expect(cases.length).toBeGreaterThanOrEqual(3);
  });

  test.each(cases.map((one) => [one.image, one] as const))(
    '%s: digest and every JSON blob are byte-identical to the reference’s',
    async (_image, { image, indexVersion, platforms, minLayerSize, digest, written }) => {
      const layout = join(copies, title, image);
      const { store, source } = await copyLayout(join(folder, image), layout);
      const before = readJsonBlobs(layout);

      const outcome = await indexImage(
        store,
        { reference: source },
        {
          version: indexVersion,
          ...(platforms !== 'all' && { platforms: platforms.map(parsePlatform) }),
          missingPlatforms: 'refuse',
          minimumLayerSizeBytes: minLayerSize,
          spanSizeBytes: defaultSpanSizeBytes,
          buildToolIdentifier,
          jobs: ownThread,
        },
      );

      expect(outcome).toMatchObject({ status: 'indexed', digest });
      expect(readJsonBlobs(layout)).toEqual({ ...before, ...written });
      // The JSON contains the reference's digests of the zTOCs, and every blob in the layout is checked against its
      // digest.
      const ztocs = outcome.indexes.flatMap(({ layers }) =>
        layers.flatMap((layer) => (layer.status === 'indexed' ? [layer.ztoc.digest] : [])),
      );
      expect(ztocs.length).toBeGreaterThan(0);
      for (const ztoc of ztocs) {
        const path = join(layout, 'blobs', 'sha256', ztoc.slice('sha256:'.length));
        expect(existsSync(path)).toBe(true);
        expect(digestOf(readFileSync(path))).toBe(ztoc);
      }
    },
  );
});
