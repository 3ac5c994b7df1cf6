// soci-index ztoc FILE: the zTOC of one layer file.
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { ConfigError } from '../core/errors.ts';
import { joinSentences, type OwnJudgement } from '../core/fidelity/own-judgement.ts';
import { explain } from '../core/reasons.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { layerFormatOf } from '../core/oci/media-type.ts';
import type { LayerCompression } from '../core/ztoc/ztoc.ts';
import type { ZtocOptions } from '../core/ztoc/ztoc-builder.ts';
import { type BuiltZtoc, ownThread, type ZtocJob } from '../threads/ztoc-jobs.ts';
import { namingFile, readPieces, withFile } from './input-file.ts';
import { addExamples } from './help-text.ts';
import { withInterruption } from './interruption.ts';
import { LiveLines } from '../terminal/live-lines.ts';
import { buildToolIdentifierOption, jsonOption, spanSizeOption } from './options.ts';
import { openOutput } from './output-file.ts';
import { Transfer } from '../terminal/progress.ts';
import { formatBytes, formatCount, formatSeconds } from '../terminal/quantities.ts';

const defaultMediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';

interface ZtocCommandOptions {
  readonly mediaType: string;
  readonly spanSize: number;
  readonly buildToolIdentifier: string;
  readonly output?: string;
  readonly json: boolean;
}

/** What `ztoc --json` prints. */
interface ZtocSummary {
  readonly digest: Digest;
  readonly size: number;
  readonly spans: number;
  readonly files: number;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  /** What would be other than unpacked if the layer was loaded lazily. Absent if nothing would. */
  readonly warnings?: readonly string[];
}

export function addZtocCommand(program: Command): void {
  const command = program
    .command('ztoc')
    .argument('<file>', 'a layer, gzip or plain tar')
    .description('build the zTOC of a layer file')
    .option('--media-type <type>', "the layer's media type", defaultMediaType)
    .addOption(spanSizeOption(false))
    .addOption(buildToolIdentifierOption())
    .option('--output <file>', 'where to write the zTOC (without it, none is written)')
    .addOption(jsonOption())
    .action(async (path: string, options: ZtocCommandOptions) => {
      const startedAt = performance.now();
      // Before the work, which may take long.
      const output = options.output === undefined ? undefined : await openOutput(options.output, path);
      const ztoc = await buildZtocOfFile(path, {
        compression: compressionOf(options.mediaType),
        spanSizeBytes: options.spanSize,
        buildToolIdentifier: options.buildToolIdentifier,
      });
      await output?.write(ztoc.bytes);
      const summary = summarizeZtoc(ztoc);
      for (const warning of summary.warnings ?? []) process.stderr.write(`warning: ${warning}\n`);
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
  addExamples(command, [
    { purpose: 'the zTOC of a layer', line: 'soci-index ztoc layer.tar.gz --output layer.ztoc' },
    {
      purpose: 'only its digest and sizes, of a plain tar',
      line: 'soci-index ztoc layer.tar --media-type application/vnd.oci.image.layer.v1.tar --json',
    },
  ]);
}

function summarizeZtoc({
  digest,
  bytes,
  spans,
  files,
  compressedSize,
  uncompressedSize,
  fidelity: { own },
}: BuiltZtoc): ZtocSummary {
  const warnings = describeOwn(own);
  return {
    digest,
    size: bytes.length,
    spans,
    files,
    compressedSize,
    uncompressedSize,
    ...(warnings.length > 0 && { warnings }),
  };
}

/** The layer is judged as one over an empty one. */
function describeOwn(own: OwnJudgement): readonly string[] {
  switch (own.kind) {
    case 'breaks':
      return [`${explain('reads-differently', joinSentences(own)).message}. index leaves such a layer out`];
    case 'metadata':
      return [`metadata would differ when the layer is loaded lazily: ${joinSentences(own)}`];
    case 'faithful':
    case 'refused':
    case 'not-unpackable':
      return [];
  }
}

function compressionOf(mediaType: string): LayerCompression {
  const format = layerFormatOf(mediaType);
  if (format === 'gzip' || format === 'uncompressed') return format;
  throw new ConfigError([
    `--media-type ${mediaType}: there are zTOCs only for layers that are gzip or plain tar, such as ${defaultMediaType}`,
  ]);
}

/** @throws Error that names the file and what is wrong with it. */
async function buildZtocOfFile(path: string, options: ZtocOptions): Promise<BuiltZtoc> {
  return withFile(path, async (file) => {
    const { size } = await file.stat();
    const live = new LiveLines();
    const transfer = new Transfer(basename(path), size, live.now());
    const onBytes = (bytes: number) => {
      transfer.add(bytes);
      live.draw((columns) => [transfer.describe(columns, live.now())]);
    };
    try {
      return await withInterruption((signal) =>
        namingFile(path, () => buildZtoc(file, ownThread.start(options), onBytes, signal)),
      );
    } finally {
      live.clear();
    }
  });
}

async function buildZtoc(
  file: FileHandle,
  job: ZtocJob,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<BuiltZtoc> {
  try {
    for await (const piece of readPieces(file)) {
      await job.push(piece);
      onBytes(piece.length);
      signal.throwIfAborted();
    }
    return await job.finish();
  } finally {
    job.discard();
  }
}
