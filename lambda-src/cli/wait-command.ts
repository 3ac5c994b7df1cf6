// soci-index wait IMAGE: waits in a pipeline until a builder elsewhere has indexed an image, and prints the digest to
// deploy. docs/events.md describes it and the alternative.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ConfigError } from '../core/errors.ts';
import type { Digest, Platform } from '../core/oci/descriptor.ts';
import type { Reason } from '../core/reasons.ts';
import type { Expectation } from '../image/expected-index.ts';
import {
  addDeploymentOutputOptions,
  clearDeployment,
  type DeploymentOutputOptions,
  writeDeployment,
} from './deployment-output.ts';
import { explainFailure } from './explained-end.ts';
import { addExamples } from './help-text.ts';
import { addImageAccessOptions, type ImageAccessOptions, type OpenImage, openImage } from './open-image.ts';
import {
  indexVersionOption,
  jsonOption,
  minimumLayerSizeOption,
  platformOption,
  tagSuffixOption,
} from './options.ts';
import { formatSeconds } from '../core/quantities.ts';
import {
  chooseTargetTag,
  refuseIdleTagOptions,
  targetTagOption,
  type TargetTagOptions,
} from './target-tag.ts';
import type { WaitOutcome } from './wait-for-index.ts';

/** Longer than indexing an image of a few GB takes, including cold starts. */
const defaultTimeoutSeconds = 300;
const defaultIntervalSeconds = 5;

/** Polling more often would not find the index sooner, and would use up the registry's quota. */
const minimumIntervalSeconds = 0.1;

interface WaitCommandOptions extends ImageAccessOptions, TargetTagOptions, DeploymentOutputOptions {
  readonly indexVersion: 'v1' | 'v2';
  readonly platform: readonly Platform[];
  readonly minLayerSize: number;
  readonly tagSkippedImages: boolean;
  readonly timeout: number;
  readonly interval: number;
  readonly json: boolean;
}

/** What `wait --json` prints. */
interface WaitReport {
  readonly image: string;
  readonly status: WaitOutcome['status'] | 'failed';
  readonly reason?: Reason;
  readonly message?: string;
  readonly sourceDigest?: Digest;
  /** What to deploy. Absent if there is nothing to deploy. */
  readonly digest?: Digest;
  /** V2: the tag that points to it. */
  readonly tag?: string;
  readonly seconds: number;
}

export function addWaitCommand(program: Command): void {
  const command = program
    .command('wait')
    .argument('<image>', 'REGISTRY/REPO[:TAG][@DIGEST]; with a digest, waits for exactly this image')
    .description('wait until an image has been indexed elsewhere, and print the digest to deploy')
    .addOption(indexVersionOption())
    .addOption(platformOption('that must have an index'))
    .addOption(tagSuffixOption())
    .addOption(targetTagOption())
    .addOption(minimumLayerSizeOption())
    .option(
      '--tag-skipped-images',
      'expect the target tag even on images without an index (tag_skipped_images of the module)',
      false,
    )
    .addOption(
      new Option('--timeout <seconds>', 'how long to wait; 0 checks once')
        .argParser(parseSeconds)
        .default(defaultTimeoutSeconds),
    )
    .addOption(
      new Option('--interval <seconds>', 'seconds between two requests to the registry')
        .argParser(parseInterval)
        .default(defaultIntervalSeconds),
    );
  addDeploymentOutputOptions(addImageAccessOptions(command)).addOption(jsonOption()).action(runWait);
  addExamples(
    command,
    [
      {
        purpose: 'wait until the module has indexed an image that was just pushed',
        line: 'soci-index wait 111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:v1',
      },
      {
        purpose: 'get the digest to deploy; a large image takes longer',
        line: 'DIGEST=$(soci-index wait registry.example.com/team/app:v1 --timeout 900)',
      },
      {
        purpose: 'get the complete reference to deploy',
        line: 'IMAGE=$(soci-index wait registry.example.com/team/app:v1 --quiet)',
      },
    ],
    [
      'Prints the digest to deploy on standard output: with V2 the digest of the indexed image; with V1, or if no layer is to be indexed, the digest of the image itself. Exits with 1 and prints no digest if the timeout has passed or the tag has moved to another image.',
      'Accepts an index of any builder and span size. Without --platform, V1 waits for an index of every platform; with V2, the platforms that the builder has indexed are enough.',
    ],
  );
}

async function runWait(name: string, options: WaitCommandOptions, command: Command): Promise<void> {
  const startedAt = performance.now();
  refuseIdleTagOptions(command, options);
  const seconds = () => Math.round(performance.now() - startedAt) / 1000;
  const print = (report: WaitReport) => {
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else if (report.digest !== undefined && !options.quiet) process.stdout.write(`${report.digest}\n`);
  };
  const sayUnlessQuiet = options.quiet ? () => {} : say;
  await clearDeployment(options);
  const image = await openImage(name, options);
  const expectation = expectationOf(image, options);
  sayUnlessQuiet(`waiting for ${describeTarget(expectation)} of ${image.name}, at most ${options.timeout} s`);
  try {
    const times = {
      timeoutMilliseconds: options.timeout * 1000,
      intervalMilliseconds: options.interval * 1000,
    };
    const { waitForIndex } = await import('./wait-for-index.ts');
    const said = new Set<string>();
    const outcome = await waitForIndex(image.store, image, expectation, times, (reason) => {
      said.add(reason);
      sayUnlessQuiet(reason);
    });
    const isDone = 'digest' in outcome;
    // The reason for having nothing to deploy is always printed.
    (isDone ? sayUnlessQuiet : say)(
      describeOutcome(image.name, outcome, seconds(), options.quiet ? new Set() : said),
    );
    if (isDone) await writeDeployment(options, image.nameByDigest(outcome.digest), outcome.digest);
    print(reportOf(image.name, outcome, expectation, seconds()));
    if (!isDone) process.exitCode = 1;
  } catch (error) {
    if (options.json)
      print({ image: image.name, status: 'failed', ...explainFailure(error), seconds: seconds() });
    throw error;
  }
}

/** @throws ConfigError if the image has no tag. */
function expectationOf({ name, tag }: OpenImage, options: WaitCommandOptions): Expectation {
  const common = {
    platforms: options.platform.length > 0 ? options.platform : undefined,
    replacesPlainImages: options.tagSkippedImages,
    minimumLayerSizeBytes: options.minLayerSize,
  };
  if (options.indexVersion === 'v1') return { target: { version: 'V1' }, ...common };
  const targetTag = chooseTargetTag(tag, options);
  if (targetTag === undefined) {
    throw new ConfigError([
      `${name}: the tag of the V2 image to wait for is unknown. Add the image's tag to its name, or give --target-tag`,
    ]);
  }
  return { target: { version: 'V2', tag: targetTag }, ...common };
}

/** Fields in the order of the interface, which makes the JSON easier to read. */
function reportOf(image: string, outcome: WaitOutcome, { target }: Expectation, seconds: number): WaitReport {
  return {
    image,
    status: outcome.status,
    ...('reason' in outcome && { reason: outcome.reason, message: outcome.message }),
    ...(outcome.sourceDigest !== undefined && { sourceDigest: outcome.sourceDigest }),
    ...('digest' in outcome && { digest: outcome.digest }),
    ...(outcome.status === 'indexed' && target.version === 'V2' && { tag: target.tag }),
    seconds,
  };
}

function describeTarget({ target }: Expectation): string {
  return target.version === 'V1' ? 'the V1 SOCI indexes' : `the tag ${target.tag}, the indexed image`;
}

/** @param said What was printed before. A cause is printed only once. */
function describeOutcome(
  image: string,
  outcome: WaitOutcome,
  seconds: number,
  said: ReadonlySet<string>,
): string {
  switch (outcome.status) {
    case 'indexed':
      return `indexed: ${image}, after ${formatSeconds(seconds)}`;
    case 'already-indexed':
      return `already indexed: ${image} contains its own SOCI indexes`;
    case 'skipped':
      return `skipped (${outcome.reason}): ${image} gets no index: ${outcome.message}`;
    case 'superseded':
      return (
        `superseded (${outcome.reason}): ${image} will no longer be indexed: ${outcome.message}. ` +
        'To wait for the image that the tag points to now, run the command again without a digest'
      );
    case 'failed':
      return [
        `failed (${outcome.reason}): ${image}: ${outcome.message}`,
        ...(outcome.reason === 'target-tag-taken'
          ? [
              '  Delete that tag, or choose another with --target-tag or --tag-suffix. If the module sets tag_skipped_images, add --tag-skipped-images',
            ]
          : []),
      ].join('\n');
    case 'timed-out': {
      const { cause } = outcome;
      const end = `timed out after ${formatSeconds(seconds)} (${outcome.reason}): ${image}`;
      if (cause !== undefined) return said.has(cause) ? end : `${end}: ${cause}`;
      return [
        `timed out after ${formatSeconds(seconds)} (${outcome.reason}): ${image}: ${outcome.message}. Check`,
        '  the log of the filter function: does a filter match the image?',
        '  the log of the generator function: what is the outcome of the image?',
        '  the dead-letter queue: does it contain the event? soci-index redrive sends it again.',
        '  A large image may need more time: --timeout SECONDS',
      ].join('\n');
    }
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function parseSeconds(word: string): number {
  if (/^[0-9]{1,6}(\.[0-9]{1,3})?$/.test(word)) return Number(word);
  throw new InvalidArgumentError('Expected a number of seconds, such as 300.');
}

function parseInterval(word: string): number {
  const seconds = parseSeconds(word);
  if (seconds >= minimumIntervalSeconds) return seconds;
  throw new InvalidArgumentError(`Expected at least ${minimumIntervalSeconds} seconds.`);
}
