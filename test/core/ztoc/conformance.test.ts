// zTOCs have the same digests as the reference's: see test/fixtures/README.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import { digestOf } from '../../../lambda-src/core/oci/descriptor.ts';
import { layerFormatOf } from '../../../lambda-src/core/oci/media-type.ts';
import { createZtocBuilder } from '../../../lambda-src/core/ztoc/ztoc-builder.ts';
import { decodeZtoc } from '../../../lambda-src/core/ztoc/ztoc-decoder.ts';
import { encodeZtoc } from '../../../lambda-src/core/ztoc/ztoc-encoder.ts';
import { conformanceFolders } from '../../helpers/conformance.ts';

interface LayerCase {
  readonly name: string;
  readonly file: string;
  readonly mediaType: string;
  readonly spanSize: number;
  readonly ztoc?: Readonly<Record<string, unknown>>;
  readonly error?: string;
}

interface LayerCases {
  readonly buildToolIdentifier: string;
  readonly cases: readonly LayerCase[];
}

describe.each(conformanceFolders)('the layers of %s', (_, folder) => {
  const { buildToolIdentifier, cases } = JSON.parse(
    readFileSync(join(folder, 'layers.json'), 'utf8'),
  ) as LayerCases;

  function build(layerCase: LayerCase, pieceBytes: number): Uint8Array {
    const compression = layerFormatOf(layerCase.mediaType);
    if (compression !== 'gzip' && compression !== 'uncompressed') throw new Error(layerCase.mediaType);
    const builder = createZtocBuilder({
      compression,
      spanSizeBytes: layerCase.spanSize,
      buildToolIdentifier,
    });
    const layer = readFileSync(join(folder, layerCase.file));
    try {
      for (let start = 0; start < layer.length; start += pieceBytes) {
        builder.push(layer.subarray(start, start + pieceBytes));
      }
      return encodeZtoc(builder.finish());
    } finally {
      builder.discard();
    }
  }

  test('include more than 100 cases', () => {
    expect(cases.length).toBeGreaterThan(100);
  });

  test.each(cases.filter(({ ztoc }) => ztoc !== undefined).map((one) => [one.name, one] as const))(
    '%s: the zTOC is byte-identical to the reference’s',
    (_name, layerCase) => {
      const bytes = build(layerCase, 65536);
      const ztoc = decodeZtoc(bytes);
      expect({
        digest: digestOf(bytes),
        size: bytes.length,
        spans: ztoc.spanDigests.length,
        files: ztoc.contents.length,
        compressedSize: ztoc.compressedSize,
        uncompressedSize: ztoc.uncompressedSize,
      }).toEqual(layerCase.ztoc);
      expect(digestOf(encodeZtoc(ztoc))).toBe(digestOf(bytes));
    },
  );

  test.each(cases.filter(({ error }) => error !== undefined).map((one) => [one.name, one] as const))(
    '%s: is rejected',
    (_name, layerCase) => {
      expect(() => build(layerCase, 65536)).toThrow(FormatError);
    },
  );

  test('give the same zTOC whatever the piece size', () => {
    for (const layerCase of cases
      .filter(({ spanSize, ztoc }) => spanSize === 4096 && ztoc !== undefined)
      .slice(0, 12)) {
      expect({ name: layerCase.name, digest: digestOf(build(layerCase, 1)) }).toEqual({
        name: layerCase.name,
        digest: layerCase.ztoc!['digest'],
      });
    }
  });
});
