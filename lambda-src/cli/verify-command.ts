// soci-index verify IMAGE: checks an image's SOCI indexes against its layers, and reports every problem.
import type { Command } from 'commander';
import { ConfigError } from '../core/errors.ts';
import type { Platform } from '../core/oci/descriptor.ts';
import type { Reason } from '../core/reasons.ts';
import type { ImageVerdict, IndexVerdict, LayerVerdict } from '../verifier/verdict.ts';
import { describeEnd, explainFailure } from './explained-end.ts';
import { addExamples } from './help-text.ts';
import { shortDigest } from '../terminal/layer-progress.ts';
import { addImageAccessOptions, type ImageAccessOptions, openImage } from './open-image.ts';
import { jsonOption, minimumLayerSizeOption, platformOption } from './options.ts';
import { formatBytes, formatCount, formatSeconds } from '../core/quantities.ts';

interface VerifyCommandOptions extends ImageAccessOptions {
  readonly platform: readonly Platform[];
  readonly minLayerSize: number;
  readonly json: boolean;
}

/** What `verify --json` prints. */
interface VerifyReport {
  readonly image: string;
  readonly status: ImageVerdict['status'] | 'failed';
  readonly reason?: Reason;
  readonly message?: string;
  readonly digest?: string;
  readonly problems?: readonly string[];
  readonly indexes: readonly IndexVerdict[];
  readonly warnings: readonly string[];
  readonly bytesRead: number;
  readonly seconds: number;
}

export function addVerifyCommand(program: Command): void {
  const command = program
    .command('verify')
    .argument('<image>', 'REGISTRY/REPO[:TAG][@DIGEST], or oci:DIR[:TAG] for an OCI layout directory')
    .description("check an image's SOCI indexes against its layers: every span, checkpoint and file")
    .addOption(platformOption('to check'))
    .addOption(minimumLayerSizeOption());
  addImageAccessOptions(command).addOption(jsonOption()).action(runVerify);
  addExamples(
    command,
    [
      {
        purpose: 'check the index of a deployed image',
        line: 'soci-index verify 111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:v1-soci',
      },
      {
        purpose: 'check one platform, and print the result as JSON',
        line: 'soci-index verify oci:./layout:v1-soci --platform linux/arm64 --json',
      },
    ],
    ['Reads every indexed layer. Exit code: 0 if all indexes are valid, 1 if one is invalid or missing.'],
  );
}

async function runVerify(name: string, options: VerifyCommandOptions): Promise<void> {
  const startedAt = performance.now();
  const image = await openImage(name, options);
  const seconds = () => Math.round(performance.now() - startedAt) / 1000;
  try {
    const { withLayerWork } = await import('./layer-work.ts');
    const { verifyImage } = await import('../verifier/verify-image.ts');
    const verdict = await withLayerWork(describeProof, (tools) =>
      verifyImage(image.store, image.reference, {
        ...(options.platform.length > 0 && { platforms: options.platform }),
        minimumLayerSizeBytes: options.minLayerSize,
        ...tools,
      }),
    );
    const report: VerifyReport = { image: image.name, ...verdict, seconds: seconds() };
    for (const warning of verdict.warnings) process.stderr.write(`warning: ${warning}\n`);
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describeReport(report));
    if (verdict.status !== 'valid') process.exitCode = 1;
  } catch (error) {
    if (options.json && !(error instanceof ConfigError)) {
      const nothing = { indexes: [], warnings: [], bytesRead: 0, seconds: seconds() };
      const report: VerifyReport = {
        image: image.name,
        status: 'failed',
        ...explainFailure(error),
        ...nothing,
      };
      process.stdout.write(`${JSON.stringify(report)}\n`);
    }
    throw error;
  }
}

function describeProof(problemCount: number): string {
  return problemCount === 0 ? 'proved' : formatCount(problemCount, 'problem');
}

function describeReport(report: VerifyReport): string {
  const lines = [
    describeEnd(report),
    ...(report.problems ?? []).map((problem) => `  - ${problem}`),
    ...report.indexes.flatMap(describeIndex),
  ];
  if (report.reason === 'no-soci-index') {
    lines.push(
      `  soci-index index ${report.image} builds one. With V2, the indexed image has its own tag, such as …-soci`,
    );
  }
  lines.push(`  ${formatBytes(report.bytesRead)} of layers read in ${formatSeconds(report.seconds)}`, '');
  return lines.join('\n');
}

function describeIndex({ platform, version, digest, status, layers, ...found }: IndexVerdict): string[] {
  const index = version === undefined ? '' : `SOCI index ${version} ${digest ?? ''}`.trimEnd();
  return [
    `  ${platform}: ${index === '' ? '' : `${index}, `}${status}`,
    ...listProblems(found, '    '),
    ...layers.flatMap(describeLayer),
  ];
}

function describeLayer({ digest, status, message, ztoc, ...found }: LayerVerdict): string[] {
  const proved = ztoc && `${formatCount(ztoc.spans, 'span')}, ${formatCount(ztoc.files, 'file')}`;
  const details = message ?? proved;
  return [
    `    layer ${shortDigest(digest)} ${status}${details === undefined ? '' : ` (${details})`}`,
    ...listProblems(found, '      '),
  ];
}

function listProblems(
  { problems, unlistedProblems = 0 }: Pick<LayerVerdict, 'problems' | 'unlistedProblems'>,
  indent: string,
): string[] {
  const lines = problems.map((problem) => `${indent}- ${problem}`);
  if (unlistedProblems > 0) lines.push(`${indent}- and ${formatCount(unlistedProblems, 'more problem')}`);
  return lines;
}
