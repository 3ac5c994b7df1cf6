// soci-index ztoc FILE: builds the zTOC of one layer file.
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
import { openOutput, type OutputFile } from './output-file.ts';
import { Transfer } from '../terminal/progress.ts';
import { formatBytes, formatCount, formatSeconds } from '../core/quantities.ts';

const defaultMediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** The name that stands for standard input and standard output. */
const standardStream = '-';

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
  /** What would differ from the unpacked layer if it were lazy-loaded. Absent if nothing would. */
  readonly warnings?: readonly string[];
}

export function addZtocCommand(program: Command): void {
  const command = program
    .command('ztoc')
    .argument('<file>', 'a layer, gzip or plain tar; - is standard input')
    .description('build the zTOC of a layer file')
    .option('--media-type <type>', "the layer's media type", defaultMediaType)
    .addOption(spanSizeOption(false))
    .addOption(buildToolIdentifierOption())
    .option('-o, --output <file>', 'write the zTOC to a file; - is standard output')
    .addOption(jsonOption())
    .action(async (path: string, options: ZtocCommandOptions) => {
      const startedAt = performance.now();
      // Checked before the work, which may take a long time.
      const toStandardOutput = options.output === standardStream;
      if (toStandardOutput && options.json) {
        throw new ConfigError([`--output ${standardStream} and --json both write to standard output`]);
      }
      const output = options.output === undefined ? undefined : await openZtocOutput(options.output, path);
      const ztocOptions = {
        compression: compressionOf(options.mediaType),
        spanSizeBytes: options.spanSize,
        buildToolIdentifier: options.buildToolIdentifier,
      };
      const ztoc = await (path === standardStream
        ? buildZtocOfInput(ztocOptions)
        : buildZtocOfFile(path, ztocOptions));
      await output?.write(ztoc.bytes);
      const summary = summarizeZtoc(ztoc);
      for (const warning of summary.warnings ?? []) process.stderr.write(`warning: ${warning}\n`);
      if (options.json) {
        process.stdout.write(`${JSON.stringify(summary)}\n`);
        return;
      }
      const seconds = (performance.now() - startedAt) / 1000;
      const people = toStandardOutput ? process.stderr : process.stdout;
      people.write(
        [
          summary.digest,
          `zTOC   ${formatBytes(summary.size)}: ${formatCount(summary.spans, 'span')}, ${formatCount(summary.files, 'file')}`,
          `layer  ${formatBytes(summary.compressedSize)}, ${formatBytes(summary.uncompressedSize)} uncompressed`,
          `read once in ${formatSeconds(seconds)}` +
            (options.output === undefined
              ? '; not written (--output FILE)'
              : `; written to ${toStandardOutput ? 'standard output' : options.output}`),
          '',
        ].join('\n'),
      );
    });
  addExamples(command, [
    {
      purpose: 'build a zTOC from a pipe',
      line: 'crane blob REGISTRY/REPO@DIGEST | soci-index ztoc - -o - > layer.ztoc',
    },
    { purpose: 'build the zTOC of a layer', line: 'soci-index ztoc layer.tar.gz --output layer.ztoc' },
    {
      purpose: 'print only the digest and sizes, for a plain tar',
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

/** Warnings about the layer on its own, as if on top of an empty layer. */
function describeOwn(own: OwnJudgement): readonly string[] {
  switch (own.kind) {
    case 'breaks':
      return [
        `${explain('reads-differently', joinSentences(own)).message}. soci-index index leaves such a layer out`,
      ];
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
    `--media-type ${mediaType}: expected a gzip or plain tar layer type, such as ${defaultMediaType}; other layers cannot have a zTOC`,
  ]);
}

/** @throws Error that names the file and the problem. */
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
        namingFile(path, () => buildZtoc(readPieces(file), ownThread.start(options), onBytes, signal)),
      );
    } finally {
      live.clear();
    }
  });
}

async function buildZtocOfInput(options: ZtocOptions): Promise<BuiltZtoc> {
  return withInterruption((signal) =>
    namingFile('standard input', () => {
      const pieces: AsyncIterable<Buffer> = process.stdin;
      return buildZtoc(pieces, ownThread.start(options), () => undefined, signal);
    }),
  );
}

/** @throws As `openOutput`. */
function openZtocOutput(path: string, inputPath: string): Promise<OutputFile> {
  if (path !== standardStream) return openOutput(path, inputPath);
  return Promise.resolve({
    write: (bytes) =>
      new Promise((resolve, reject) => {
        process.stdout.write(bytes, (error) => {
          if (error == null) resolve();
          else reject(error);
        });
      }),
  });
}

async function buildZtoc(
  pieces: AsyncIterable<Uint8Array>,
  job: ZtocJob,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<BuiltZtoc> {
  try {
    for await (const piece of pieces) {
      await job.push(piece);
      onBytes(piece.length);
      signal.throwIfAborted();
    }
    return await job.finish();
  } finally {
    job.discard();
  }
}
