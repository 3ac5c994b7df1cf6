// soci-index index IMAGE: builds an image's SOCI index and pushes it.
import type { Command } from 'commander';
import { NotFoundError } from '../content/content-store.ts';
import { withoutWriting } from '../content/without-writing.ts';
import { ConfigError } from '../core/errors.ts';
import type { Digest, Platform } from '../core/oci/descriptor.ts';
import type { Reason } from '../core/reasons.ts';
import type { ImageOutcome, LayerOutcome, PlatformOutcome } from '../indexer/outcome.ts';
import {
  addDeploymentOutputOptions,
  clearDeployment,
  type DeploymentOutputOptions,
  wantsDeployment,
  writeDeployment,
} from './deployment-output.ts';
import { describeEnd, explainFailure } from './explained-end.ts';
import { addExamples } from './help-text.ts';
import { type IndexOutput, openIndexOutput, outputOption, type OutputReference } from './index-output.ts';
import { shortDigest } from '../terminal/layer-progress.ts';
import type { LayerWork } from './layer-work.ts';
import { addImageAccessOptions, type ImageAccessOptions, type OpenImage, openImage } from './open-image.ts';
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
import { formatBytes, formatCount, formatSeconds } from '../core/quantities.ts';
import {
  chooseTargetTag,
  refuseIdleTagOptions,
  targetTagOption,
  type TargetTagOptions,
} from './target-tag.ts';
import { addPrefetchOptions, type PrefetchOptions, readPrefetchSource } from './prefetch-options.ts';
import { listTagsByName } from './recent-tags.ts';
import type { SociIndexVersion } from '../core/soci-names.ts';

interface IndexCommandOptions
  extends ImageAccessOptions, TargetTagOptions, DeploymentOutputOptions, PrefetchOptions {
  readonly indexVersion: 'v1' | 'v2';
  readonly platform: readonly Platform[];
  readonly minLayerSize: number;
  readonly spanSize: number;
  readonly buildToolIdentifier: string;
  readonly dryRun: boolean;
  readonly maxZtocRatio: number;
  readonly output?: OutputReference;
  readonly reuse: boolean;
  readonly force: boolean;
  readonly json: boolean;
}

/** What `index --json` prints. `digest` is absent if nothing was built. */
export interface IndexReport {
  readonly image: string;
  readonly status: ImageOutcome['status'] | 'failed';
  readonly reason?: Reason;
  readonly message?: string;
  readonly version: SociIndexVersion;
  readonly digest?: string;
  readonly tag?: string;
  /** Where `--output` wrote the image. */
  readonly output?: string;
  readonly indexes: readonly PlatformOutcome[];
  readonly warnings: readonly string[];
  readonly bytesRead: number;
  readonly seconds: number;
}

export function addIndexCommand(program: Command): void {
  const command = program
    .command('index')
    .argument(
      '<image>',
      'REGISTRY/REPO[:TAG][@DIGEST], oci:DIR[:TAG] for an OCI layout directory, or oci-archive:FILE[:TAG] for a tar archive of one',
    )
    .description("build an image's SOCI index and push it beside the image")
    .addOption(indexVersionOption())
    .addOption(platformOption('to index'))
    .addOption(tagSuffixOption())
    .addOption(targetTagOption())
    .addOption(minimumLayerSizeOption())
    .addOption(spanSizeOption(true))
    .addOption(buildToolIdentifierOption())
    .addOption(maximumZtocRatioOption());
  addPrefetchOptions(command)
    .option('--no-reuse', 'read every layer, even if an image at another tag already has its zTOC')
    .option(
      '--force',
      'trust no existing index: read every layer, and write what differs or is missing',
      false,
    )
    .addOption(outputOption())
    .option('--dry-run', 'read and build everything, but write nothing', false);
  addDeploymentOutputOptions(addImageAccessOptions(command)).addOption(jsonOption()).action(runIndex);
  addExamples(
    command,
    [
      {
        purpose: 'index every platform; the indexed image gets the tag v1-soci',
        line: 'soci-index index 111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:v1',
      },
      {
        purpose: 'show the result without writing anything',
        line: 'soci-index index oci:./layout:v1 --platform linux/arm64 --dry-run',
      },
      {
        purpose: 'index an archive from buildx or podman, without a registry',
        line: 'soci-index index oci-archive:image.tar --output oci-archive:indexed.tar',
      },
      {
        purpose: 'print the reference to deploy, in a pipeline',
        line: 'IMAGE=$(soci-index index localhost:5000/team/app:v1 --quiet)',
      },
      {
        purpose: 'build a V1 index, which refers to the image',
        line: 'soci-index index localhost:5000/team/app:v1 --index-version v1',
      },
      {
        purpose: 'repair an index that verify reports as invalid',
        line: 'soci-index index localhost:5000/team/app:v1 --force',
      },
    ],
    [
      'A layer is not read again if a SOCI index of this image, of the target tag, or of one of ten other tags of the repository (the last ten by name; with V2, those with --tag-suffix) already has its zTOC, built with the same settings.',
      '--quiet prints the reference to deploy: with V2 the indexed image; with V1, or if no layer is indexed, the image itself. With --quiet or --digest-file the exit code is 1 if the tag has moved to another image in the meantime (superseded).',
    ],
  );
}

async function runIndex(name: string, options: IndexCommandOptions, command: Command): Promise<void> {
  const startedAt = performance.now();
  refuseIdleTagOptions(command, options);
  const version: SociIndexVersion = options.indexVersion === 'v1' ? 'V1' : 'V2';
  const prefetch = await readPrefetchSource(options);
  await clearDeployment(options);
  const image = await openImage(name, options);
  const targetTag = chooseOutputTag(version, image, options);
  const writableStore = options.dryRun ? withoutWriting(image.store) : image.writableStore;
  if (writableStore === undefined && options.output === undefined) {
    throw new ConfigError([
      `${image.name}: an archive is never modified. Add --output oci-archive:FILE or --output oci:DIR`,
    ]);
  }
  const seconds = () => Math.round(performance.now() - startedAt) / 1000;
  let output: IndexOutput | undefined;
  try {
    const { withLayerWork } = await import('./layer-work.ts');
    const { indexImage } = await import('../indexer/index-image.ts');
    if (options.output !== undefined && !options.dryRun) {
      output = await openIndexOutput(options.output, name, image);
    }
    // The tag is resolved once, here: later steps use the digest.
    const source =
      output !== undefined || wantsDeployment(options)
        ? (await image.store.resolve(image.reference))?.digest
        : undefined;
    const outcome = await withLayerWork(describeLayer, async (tools) => {
      const outcome = await indexImage(
        output?.store ?? writableStore ?? withoutWriting(image.store),
        { ...image, ...(source !== undefined && { reference: source }) },
        {
          version,
          ...(options.platform.length > 0 && { platforms: options.platform }),
          missingPlatforms: 'refuse',
          minimumLayerSizeBytes: options.minLayerSize,
          spanSizeBytes: options.spanSize,
          buildToolIdentifier: options.buildToolIdentifier,
          ...(version === 'V2' && targetTag !== undefined && { targetTag }),
          ...(output !== undefined && { targetStore: output.store.destination }),
          isTargetTagGiven: options.targetTag !== undefined && output === undefined,
          mayBePartial: image.mayBePartial,
          force: options.force,
          prefetch,
          dryRun: options.dryRun,
          reuseZtocs: options.reuse,
          maximumZtocRatio: options.maxZtocRatio,
          listRecentTags: async () =>
            (await listTagsByName(image)).filter((tag) => mayBeIndexed(tag, options)),
          ...(options.quiet ? withoutProgress(tools) : tools),
        },
      );
      if (output !== undefined && source !== undefined) {
        await publishOutcome(output, outcome, source, targetTag, tools.signal);
      }
      return outcome;
    });
    const warnings = [...image.notes, ...outcome.warnings];
    for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
    const toDeploy = digestToDeploy(outcome, source);
    if (toDeploy !== undefined && wantsDeployment(options)) {
      const place = output === undefined ? image : undefined;
      if (place !== undefined) await requireThere(place, toDeploy);
      const deployed = output?.nameOf({ digest: toDeploy }) ?? image.nameByDigest(toDeploy);
      await writeDeployment(options, deployed, toDeploy);
    }
    const written = toDeploy === undefined ? undefined : output?.nameOf({ tag: targetTag });
    const report = reportOf(image.name, { ...outcome, warnings }, written, options, seconds());
    if (!options.quiet) {
      process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describeReport(report));
    }
    if (outcome.status === 'superseded' && wantsDeployment(options)) {
      if (options.quiet) process.stderr.write(`superseded: ${image.name}: ${outcome.message}\n`);
      process.exitCode = 1;
    }
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
  } finally {
    await output?.discard();
  }
}

/** The message for an image that is already indexed, with `--no-reuse` but without `--force`. */
const useForce =
  'the index already exists, built with the same settings; --force reads every layer and builds it again';

/**
 * The tag to write: with V2, that of the indexed image; with V1, which leaves the image unchanged, that of the image in
 * `--output`.
 *
 * @throws ConfigError if it is not a valid tag, or if two are given.
 */
function chooseOutputTag(
  version: SociIndexVersion,
  image: OpenImage,
  { output, ...options }: IndexCommandOptions,
): string | undefined {
  if (version === 'V1') return output?.tag ?? image.tag;
  const given = output?.tag;
  if (given === undefined) return chooseTargetTag(image.tag, options);
  if (options.targetTag !== undefined && options.targetTag !== given) {
    throw new ConfigError([
      `--target-tag ${options.targetTag} and the tag ${given} of --output differ: give only one`,
    ]);
  }
  return given;
}

function withoutProgress({
  jobs,
  signal,
}: LayerWork<LayerOutcome>): Pick<LayerWork<LayerOutcome>, 'jobs' | 'signal'> {
  return { jobs, signal };
}

/** What to deploy: undefined if there is nothing to deploy, or if the tag has moved to another image. */
function digestToDeploy(outcome: ImageOutcome, source: Digest | undefined): Digest | undefined {
  switch (outcome.status) {
    case 'indexed':
    case 'already-indexed':
      return outcome.version === 'V2' ? outcome.digest : source;
    case 'skipped':
      return source;
    case 'superseded':
    case 'dry-run':
    case 'unfinished':
      return undefined;
  }
}

/** @throws NotFoundError if the image was deleted in the meantime. */
async function requireThere({ store, nameByDigest }: OpenImage, digest: Digest): Promise<void> {
  if ((await store.resolve(digest)) !== undefined) return;
  throw new NotFoundError(`${nameByDigest(digest)} was deleted in the meantime`);
}

/**
 * An output contains the image even if nothing was indexed, so that the next step of a pipeline always finds one.
 */
async function publishOutcome(
  output: IndexOutput,
  outcome: ImageOutcome,
  source: Digest,
  tag: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (outcome.status === 'skipped' && outcome.reason === 'target-tag-taken') {
    throw new ConfigError([
      `${output.nameOf({ tag })} is another image and is not overwritten: give the output another tag`,
    ]);
  }
  const digest = digestToDeploy(outcome, source);
  if (digest === undefined) return;
  const referrers = outcome.version === 'V1' ? outcome.indexes.flatMap((index) => index.digest ?? []) : [];
  await output.publish(digest, tag, referrers, signal);
}

/** Fields in the order of the interface, which makes the JSON easier to read. */
function reportOf(
  image: string,
  outcome: ImageOutcome,
  output: string | undefined,
  { reuse, force }: IndexCommandOptions,
  seconds: number,
): IndexReport {
  const { status, version, indexes, warnings, bytesRead } = outcome;
  return {
    image,
    status,
    ...('reason' in outcome && { reason: outcome.reason, message: outcome.message }),
    ...(status === 'already-indexed' && !reuse && !force && { message: useForce }),
    version,
    ...('digest' in outcome && { digest: outcome.digest }),
    ...('tag' in outcome && { tag: outcome.tag }),
    ...(output !== undefined && { output }),
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

/** With V2, only a converted image has a SOCI index. */
function mayBeIndexed(tag: string, { indexVersion, targetTag, tagSuffix }: IndexCommandOptions): boolean {
  return indexVersion === 'v1' || targetTag !== undefined || tag.endsWith(tagSuffix);
}

function describeReport(report: IndexReport): string {
  const lines = [describeEnd(report)];
  if (report.digest !== undefined) {
    const tag = report.tag === undefined ? '' : `, tag ${report.tag}`;
    lines.push(`  ${report.version === 'V2' ? 'image' : 'SOCI index'} ${report.digest}${tag}`);
  }
  if (report.output !== undefined) lines.push(`  written to ${report.output}`);
  for (const { platform, digest, layers, prefetch } of report.indexes) {
    const indexed = layers.filter(({ status }) => status !== 'skipped').length;
    const reused = layers.filter(({ status }) => status === 'reused').length;
    const index = digest === undefined ? 'no SOCI index' : `SOCI index ${shortDigest(digest)}`;
    const unread = reused === 0 ? '' : `, ${reused} of them with reused zTOCs`;
    const share = layers.length === 0 ? '' : `, ${indexed} of ${layers.length} layers indexed${unread}`;
    const prefetched = prefetch === undefined ? '' : `, prefetch in ${formatCount(prefetch.length, 'layer')}`;
    lines.push(`  ${platform}: ${index}${share}${prefetched}`);
    for (const layer of layers) {
      if (layer.status === 'skipped')
        lines.push(`    ${shortDigest(layer.digest)} skipped (${layer.reason}): ${layer.message}`);
    }
  }
  lines.push(`  ${formatBytes(report.bytesRead)} of layers read in ${formatSeconds(report.seconds)}`, '');
  return lines.join('\n');
}
