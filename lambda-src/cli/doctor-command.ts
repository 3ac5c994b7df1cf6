// soci-index doctor IMAGE: explains whether a runtime would load this image lazily, and if not, why, and what to do.
import { type Command, Option } from 'commander';
import { ConfigError } from '../core/errors.ts';
import type { Platform } from '../core/oci/descriptor.ts';
import { escapeText, quoteText } from '../core/oci/quotation.ts';
import { isTag, parseReference } from '../core/oci/reference.ts';
import { hideUnprintable } from '../core/printable-text.ts';
import type { Diagnosis, PlatformDiagnosis } from '../doctor/diagnosis.ts';
import type { FilterReport } from '../doctor/filter-match.ts';
import type { Finding, Severity } from '../doctor/finding.ts';
import { type Runtime, runtimes } from '../doctor/runtime.ts';
import { runtimeNames, severityTitles, verdictWords } from '../doctor/words.ts';
import { type ImageFilter, parseImageFilters } from '../events/image-filters.ts';
import { nameForDiagnosis } from './diagnosed-name.ts';
import { addExamples } from './help-text.ts';
import { shortDigest } from '../terminal/layer-progress.ts';
import { addImageAccessOptions, type ImageAccessOptions, openImage } from './open-image.ts';
import { jsonOption, minimumLayerSizeOption, platformOption, tagSuffixOption } from './options.ts';
import { formatBytes, formatCount, formatShare } from '../core/quantities.ts';
import { printTable } from '../terminal/table.ts';

interface DoctorCommandOptions extends ImageAccessOptions {
  readonly runtime: Runtime | 'all';
  readonly platform: readonly Platform[];
  readonly filter?: readonly ImageFilter[];
  readonly minLayerSize: number;
  readonly tagSuffix: string;
  readonly json: boolean;
}

export function addDoctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .argument('<image>', 'REGISTRY/REPO[:TAG][@DIGEST], as it is deployed, or oci:DIR[:TAG]')
    .description(
      'explain whether Fargate, EKS or a SOCI snapshotter would lazy-load an image, and if not, why',
    )
    .addOption(
      new Option('--runtime <name>', 'the runtime to check').choices([...runtimes, 'all']).default('all'),
    )
    .addOption(platformOption('to check'))
    .addOption(
      new Option(
        '--filter <filters>',
        "the module's filters, separated by commas, to see which one matches",
      ).argParser(parseImageFilters),
    )
    .addOption(minimumLayerSizeOption())
    .addOption(tagSuffixOption());
  addImageAccessOptions(command).addOption(jsonOption()).action(runDoctor);
  addExamples(
    command,
    [
      {
        purpose: 'would Fargate lazy-load the deployed image?',
        line: 'soci-index doctor 111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:v1-soci --runtime fargate',
      },
      {
        purpose: "which of the module's filters matches?",
        line: "soci-index doctor 111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:v1 --filter 'app:v*,dev:*'",
      },
      { purpose: 'print the diagnosis as JSON', line: 'soci-index doctor oci:./layout:v1 --json' },
    ],
    [
      'Reads manifests, but no layers. Exit code: 0 if every requested runtime would lazy-load the image, otherwise 1.',
    ],
  );
}

async function runDoctor(name: string, options: DoctorCommandOptions): Promise<void> {
  if (!isTag(`v${options.tagSuffix}`)) {
    throw new ConfigError([
      `--tag-suffix ${quoteText(options.tagSuffix)}: expected letters, digits, "_", "." and "-"`,
    ]);
  }
  const image = await openImage(name, options);
  const { diagnoseImage } = await import('../doctor/diagnosis.ts');
  const diagnosis = await diagnoseImage(image.store, nameForDiagnosis(name, image.tag), {
    runtimes: options.runtime === 'all' ? runtimes : [options.runtime],
    ...(options.platform.length > 0 && { platforms: options.platform }),
    minimumLayerSizeBytes: options.minLayerSize,
    tagSuffix: options.tagSuffix,
    ...(options.filter && { filter: { filters: options.filter, repository: repositoryOf(name) } }),
  });
  process.stdout.write(options.json ? `${JSON.stringify(diagnosis)}\n` : describeDiagnosis(diagnosis));
  if (Object.values(diagnosis.lazy).some((verdict) => verdict !== 'yes')) process.exitCode = 1;
}

/** @throws ConfigError for a layout or an archive, which has no repository to match. */
function repositoryOf(name: string): string {
  const reference = parseReference(name);
  if (reference.kind === 'registry') return reference.repository;
  throw new ConfigError([
    '--filter needs an image in a registry: a layout or an archive has no repository to match',
  ]);
}

function describeDiagnosis(diagnosis: Diagnosis): string {
  const { image, digest, findings, platforms, filter } = diagnosis;
  const sections = [
    [escapeText(image), ...(digest === undefined ? [] : [`  ${digest}`])].join('\n'),
    describeVerdicts(diagnosis),
    ...(['problem', 'advice', 'info'] as const).flatMap((severity) =>
      describeFindings(
        severity,
        findings.filter((finding) => finding.severity === severity),
      ),
    ),
    ...platforms.map(describePlatform),
    ...(filter ? [describeFilters(filter)] : []),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** One row for each runtime, with the codes of the findings that decide its verdict. */
function describeVerdicts({ lazy, findings }: Diagnosis): string {
  const rows = runtimes.flatMap((runtime) => {
    const verdict = lazy[runtime];
    if (verdict === undefined) return [];
    const codes = findings.flatMap(({ code, severity, runtimes: concerned }) =>
      severity === 'problem' && concerned.includes(runtime) ? [code] : [],
    );
    return [[runtimeNames[runtime], verdictWords[verdict], [...new Set(codes)].join(', ')]];
  });
  return printTable(['runtime', 'verdict', 'because of'], rows);
}

function describeFindings(severity: Severity, findings: readonly Finding[]): readonly string[] {
  if (findings.length === 0) return [];
  const lines = findings.flatMap(({ code, platform, message, advice }) => [
    `  ${code}${platform === undefined ? '' : ` (${platform})`}`,
    `    ${hideUnprintable(message)}`,
    `    -> ${hideUnprintable(advice)}`,
  ]);
  return [[severityTitles[severity], ...lines].join('\n')];
}

function describePlatform({
  platform,
  index,
  bytes,
  lazyBytes,
  indexableBytes,
  layers,
}: PlatformDiagnosis): string {
  const share = (part: number) => `${formatBytes(part)} (${formatShare(part, bytes)})`;
  const now =
    index === undefined
      ? ''
      : `${share(lazyBytes)} load lazily through SOCI index ${index.version} ${shortDigest(index.digest)}`;
  const then = indexableBytes === lazyBytes ? '' : `${share(indexableBytes)} would, once indexed`;
  const outlook = [now, then].filter((words) => words !== '').join('; ') || 'no layer can load lazily';
  return [
    `${platform}: ${formatCount(layers.length, 'layer')}, ${formatBytes(bytes)}: ${outlook}`,
    printTable(
      ['layer', 'size', 'loads'],
      layers.map(({ digest, size, status, reason }) => [
        shortDigest(digest),
        formatBytes(size),
        status === 'lazy'
          ? 'lazily'
          : status === 'indexable'
            ? 'lazily, once indexed'
            : `whole: ${reason?.replaceAll('-', ' ') ?? ''}`,
      ]),
    ),
  ].join('\n');
}

function describeFilters({ image, filters }: FilterReport): string {
  return [
    `Filters, for ${image}`,
    printTable(
      ['filter', 'matches'],
      filters.map(({ filter, matches, message }) => [filter, matches ? 'yes' : `no: ${message ?? ''}`]),
    ),
  ].join('\n');
}
