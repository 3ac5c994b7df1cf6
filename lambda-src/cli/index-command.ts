// soci-index index IMAGE: builds an image's SOCI index and pushes it.
import type { Command } from 'commander';
import { ConfigError } from '../core/errors.ts';
import type { Platform } from '../core/oci/descriptor.ts';
import type { Reason } from '../core/reasons.ts';
import type { SociIndexVersion } from '../core/soci/soci-index.ts';
import type { ImageOutcome, LayerOutcome, PlatformOutcome } from '../indexer/outcome.ts';
import { describeEnd, explainFailure } from './explained-end.ts';
import { addExamples } from './help-text.ts';
import { shortDigest } from '../terminal/layer-progress.ts';
import { addImageAccessOptions, type ImageAccessOptions, openImage } from './open-image.ts';
import {
  buildToolIdentifierOption,
  indexVersionOption,
  jsonOption,
  maximumZtocRatioOption,
  minimumLayerSizeOption,
  platformOption,
  spanSizeOption,
  tagSuffixOption,
} from './options.ts';
import { formatBytes, formatCount, formatSeconds } from '../terminal/quantities.ts';
import {
  chooseTargetTag,
  refuseIdleTagOptions,
  targetTagOption,
  type TargetTagOptions,
} from './target-tag.ts';
import { listTagsByName } from './recent-tags.ts';

interface IndexCommandOptions extends ImageAccessOptions, TargetTagOptions {
  readonly indexVersion: 'v1' | 'v2';
  readonly platform: readonly Platform[];
  readonly minLayerSize: number;
  readonly spanSize: number;
  readonly buildToolIdentifier: string;
  readonly dryRun: boolean;
  readonly maxZtocRatio: number;
  readonly reuse: boolean;
  readonly json: boolean;
}

/** What `index --json` prints. `digest` is absent where nothing was made. */
interface IndexReport {
  readonly image: string;
  readonly status: ImageOutcome['status'] | 'failed';
  readonly reason?: Reason;
  readonly message?: string;
  readonly version: SociIndexVersion;
  readonly digest?: string;
  readonly tag?: string;
  readonly indexes: readonly PlatformOutcome[];
  readonly warnings: readonly string[];
  readonly bytesRead: number;
  readonly seconds: number;
}

export function addIndexCommand(program: Command): void {
  const command = program
    .command('index')
    .argument('<image>', 'REGISTRY/REPO[:TAG][@DIGEST], or oci:DIR[:TAG] for an OCI layout directory')
    .description("build an image's SOCI index and push it beside the image")
    .addOption(indexVersionOption())
    .addOption(platformOption('to index'))
    .addOption(tagSuffixOption())
    .addOption(targetTagOption())
    .addOption(minimumLayerSizeOption())
    .addOption(spanSizeOption(true))
    .addOption(buildToolIdentifierOption())
    .addOption(maximumZtocRatioOption())
    .option('--no-reuse', 'read every layer, also those whose zTOC an image at another tag already has')
    .option('--dry-run', 'read and build everything, write nothing', false);
  addImageAccessOptions(command).addOption(jsonOption()).action(runIndex);
  addExamples(
    command,
    [
      {
        purpose: 'every platform; the indexed image gets the tag v1-soci',
        line: 'soci-index index 111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:v1',
      },
      {
        purpose: 'what would come of it, without writing anything',
        line: 'soci-index index oci:./layout:v1 --platform linux/arm64 --dry-run',
      },
      {
        purpose: 'an index of the older kind, which refers to the image',
        line: 'soci-index index localhost:5000/team/app:v1 --index-version v1',
      },
    ],
    [
      'A layer is not read if a SOCI index of this image, of the target tag, or of one of ten other tags of the repository has its zTOC, made with the same settings: the last ten by name, with V2 those with --tag-suffix.',
    ],
  );
}

async function runIndex(name: string, options: IndexCommandOptions, command: Command): Promise<void> {
  const startedAt = performance.now();
  refuseIdleTagOptions(command, options);
  const version: SociIndexVersion = options.indexVersion === 'v1' ? 'V1' : 'V2';
  const image = await openImage(name, options);
  const targetTag = version === 'V2' ? chooseTargetTag(image.tag, options) : undefined;
  const seconds = () => Math.round(performance.now() - startedAt) / 1000;
  try {
    const { withLayerWork } = await import('./layer-work.ts');
    const { indexImage } = await import('../indexer/index-image.ts');
    const outcome = await withLayerWork(describeLayer, (tools) =>
      indexImage(image.store, image, {
        version,
        ...(options.platform.length > 0 && { platforms: options.platform }),
        missingPlatforms: 'refuse',
        minimumLayerSize: options.minLayerSize,
        spanSizeBytes: options.spanSize,
        buildToolIdentifier: options.buildToolIdentifier,
        ...(targetTag !== undefined && { targetTag }),
        dryRun: options.dryRun,
        reuseZtocs: options.reuse,
        maximumZtocRatio: options.maxZtocRatio,
        listRecentTags: async () => (await listTagsByName(image)).filter((tag) => mayBeIndexed(tag, options)),
        ...tools,
      }),
    );
    const report = reportOf(image.name, outcome, seconds());
    for (const warning of outcome.warnings) process.stderr.write(`warning: ${warning}\n`);
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describeReport(report));
  } catch (error) {
    if (options.json && !(error instanceof ConfigError)) {
      const nothing = { version, indexes: [], warnings: [], bytesRead: 0, seconds: seconds() };
      const report: IndexReport = {
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

/** The fields in the order of the interface, so that a person can read the JSON. */
function reportOf(image: string, outcome: ImageOutcome, seconds: number): IndexReport {
  const { status, version, indexes, warnings, bytesRead } = outcome;
  return {
    image,
    status,
    ...('reason' in outcome && { reason: outcome.reason, message: outcome.message }),
    version,
    ...('digest' in outcome && { digest: outcome.digest }),
    ...('tag' in outcome && { tag: outcome.tag }),
    indexes,
    warnings,
    bytesRead,
    seconds,
  };
}

function describeLayer(outcome: LayerOutcome): string {
  if (outcome.status === 'skipped') return `skipped: ${outcome.message}`;
  const { size, spans, files } = outcome.ztoc;
  const ztoc = `zTOC of ${formatBytes(size)}, ${formatCount(spans, 'span')}, ${formatCount(files, 'file')}`;
  return outcome.status === 'reused' ? `not read: ${ztoc}` : ztoc;
}

/** With V2 only an image that was converted has a SOCI index. */
function mayBeIndexed(tag: string, { indexVersion, targetTag, tagSuffix }: IndexCommandOptions): boolean {
  return indexVersion === 'v1' || targetTag !== undefined || tag.endsWith(tagSuffix);
}

function describeReport(report: IndexReport): string {
  const lines = [describeEnd(report)];
  if (report.digest !== undefined) {
    const tag = report.tag === undefined ? '' : `, tag ${report.tag}`;
    lines.push(`  ${report.version === 'V2' ? 'image' : 'SOCI index'} ${report.digest}${tag}`);
  }
  for (const { platform, digest, layers } of report.indexes) {
    const indexed = layers.filter(({ status }) => status !== 'skipped').length;
    const reused = layers.filter(({ status }) => status === 'reused').length;
    const index = digest === undefined ? 'no SOCI index' : `SOCI index ${shortDigest(digest)}`;
    const unread = reused === 0 ? '' : `, ${reused} of them by zTOCs that were there`;
    lines.push(`  ${platform}: ${index}, ${indexed} of ${layers.length} layers indexed${unread}`);
    for (const layer of layers) {
      if (layer.status === 'skipped')
        lines.push(`    ${shortDigest(layer.digest)} skipped (${layer.reason}): ${layer.message}`);
    }
  }
  lines.push(`  ${formatBytes(report.bytesRead)} of layers read in ${formatSeconds(report.seconds)}`, '');
  return lines.join('\n');
}
