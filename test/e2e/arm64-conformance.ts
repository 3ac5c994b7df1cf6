// Runs on Node for arm64, bundled: `node arm64-conformance.mjs FOLDER` builds the zTOC of every layer case in FOLDER and
// prints the processor's architecture and the result of each case, as one JSON object.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FormatError } from '../../lambda-src/core/errors.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { layerFormatOf } from '../../lambda-src/core/oci/media-type.ts';
import { createZtocBuilder } from '../../lambda-src/core/ztoc/ztoc-builder.ts';
import { encodeZtoc } from '../../lambda-src/core/ztoc/ztoc-encoder.ts';

export interface LayerCase {
  readonly name: string;
  readonly file: string;
  readonly mediaType: string;
  readonly spanSize: number;
  readonly ztoc?: { readonly digest: string };
}

export interface LayerCases {
  readonly buildToolIdentifier: string;
  readonly cases: readonly LayerCase[];
}

/** The digest of the zTOC, or `refused`. */
function build(
  folder: string,
  { file, mediaType, spanSize }: LayerCase,
  buildToolIdentifier: string,
): string {
  const compression = layerFormatOf(mediaType);
  if (compression !== 'gzip' && compression !== 'uncompressed') throw new Error(mediaType);
  const builder = createZtocBuilder({ compression, spanSizeBytes: spanSize, buildToolIdentifier });
  try {
    builder.push(readFileSync(join(folder, file)));
    return digestOf(encodeZtoc(builder.finish()));
  } catch (error) {
    if (error instanceof FormatError) return 'refused';
    throw error;
  } finally {
    builder.discard();
  }
}

const folder = process.argv[2]!;
const { buildToolIdentifier, cases } = JSON.parse(
  readFileSync(join(folder, 'layers.json'), 'utf8'),
) as LayerCases;
const results: Record<string, string> = {};
for (const one of cases) results[one.name] = build(folder, one, buildToolIdentifier);
process.stdout.write(JSON.stringify({ architecture: process.arch, results }));
