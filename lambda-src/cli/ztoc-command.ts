// soci-index ztoc FILE: the zTOC of one layer file.
import { rename, rm, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { ConfigError } from '../core/errors.ts';
import { type Digest, digestOf } from '../core/oci/descriptor.ts';
import { layerFormatOf } from '../core/oci/media-type.ts';
import type { LayerCompression, Ztoc } from '../core/ztoc/ztoc.ts';
import { createZtocBuilder, type ZtocOptions } from '../core/ztoc/ztoc-builder.ts';
import { encodeZtoc } from '../core/ztoc/ztoc-encoder.ts';
import { namingFile, readPieces, withFile } from './input-file.ts';
import { buildToolIdentifierOption, jsonOption, spanSizeOption } from './options.ts';
import { ByteProgress } from './progress.ts';
import { formatBytes, formatCount, formatSeconds } from './quantities.ts';

const defaultMediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';

interface ZtocCommandOptions {
  readonly mediaType: string;
  readonly spanSize: number;
  readonly buildToolIdentifier: string;
  readonly output?: string;
  readonly json: boolean;
}

/** What `ztoc --json` prints. */
export interface ZtocSummary {
  readonly digest: Digest;
  readonly size: number;
  readonly spans: number;
  readonly files: number;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
}

export function addZtocCommand(program: Command): void {
  program
    .command('ztoc')
    .argument('<file>', 'a layer, gzip or plain tar')
    .description('build the zTOC of a layer file')
    .option('--media-type <type>', "the layer's media type", defaultMediaType)
    .addOption(spanSizeOption())
    .addOption(buildToolIdentifierOption())
    .option('--output <file>', 'where to write the zTOC (without it, none is written)')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  soci-index ztoc layer.tar.gz --output layer.ztoc')
    .action(async (path: string, options: ZtocCommandOptions) => {
      const startedAt = performance.now();
      const ztoc = await buildZtocOfFile(path, {
        compression: compressionOf(options.mediaType),
        spanSizeBytes: options.spanSize,
        buildToolIdentifier: options.buildToolIdentifier,
      });
      const bytes = encodeZtoc(ztoc);
      if (options.output !== undefined) await writeWhole(options.output, bytes);
      const summary = summarizeZtoc(ztoc, bytes);
      if (options.json) {
        process.stdout.write(`${JSON.stringify(summary)}\n`);
        return;
      }
      const seconds = (performance.now() - startedAt) / 1000;
      process.stdout.write(
        [
          summary.digest,
          `zTOC   ${formatBytes(summary.size)}: ${formatCount(summary.spans, 'span')}, ${formatCount(summary.files, 'file')}`,
          `layer  ${formatBytes(summary.compressedSize)}, ${formatBytes(summary.uncompressedSize)} uncompressed`,
          `read once in ${formatSeconds(seconds)}` +
            (options.output === undefined
              ? '; not written (--output FILE)'
              : `; written to ${options.output}`),
          '',
        ].join('\n'),
      );
    });
}

export function summarizeZtoc(ztoc: Ztoc, bytes: Uint8Array): ZtocSummary {
  return {
    digest: digestOf(bytes),
    size: bytes.length,
    spans: ztoc.spanDigests.length,
    files: ztoc.contents.length,
    compressedSize: ztoc.compressedSize,
    uncompressedSize: ztoc.uncompressedSize,
  };
}

function compressionOf(mediaType: string): LayerCompression {
  const format = layerFormatOf(mediaType);
  if (format === 'gzip' || format === 'uncompressed') return format;
  throw new ConfigError([
    `--media-type ${mediaType}: there are zTOCs only for layers that are gzip or plain tar, such as ${defaultMediaType}`,
  ]);
}

/** @throws Error that names the file and what is wrong with it. */
export async function buildZtocOfFile(path: string, options: ZtocOptions): Promise<Ztoc> {
  if (options.compression === 'uncompressed' && options.spanSizeBytes === 0) {
    throw new ConfigError(['--span-size must be at least 1 for a layer that is not compressed']);
  }
  return withFile(path, async (file) => {
    const builder = createZtocBuilder(options);
    const progress = new ByteProgress(path, (await file.stat()).size);
    try {
      return await namingFile(path, async () => {
        for await (const piece of readPieces(file)) {
          builder.push(piece);
          progress.add(piece.length);
        }
        return builder.finish();
      });
    } finally {
      builder.discard();
      progress.finish();
    }
  });
}

/** Writes a file so that it is there whole or not at all. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const partPath = `${path}.part-${process.pid}`;
  try {
    await writeFile(partPath, bytes);
    await rename(partPath, path);
  } catch (error) {
    await rm(partPath, { force: true });
    throw error;
  }
}
