// The outcome of an image as an event, for pipelines, deployments and people that wait for it. docs/events.md is the
// contract. A failure to send the event is logged and counted, but does not change the outcome.
import { putEvent } from '../aws/put-event.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { dropUndefined } from '../core/oci/json-fields.ts';
import type { Reason } from '../core/reasons.ts';
import type { EcrPush } from '../events/ecr-push-event.ts';
import type { GeneratorSettings } from '../settings/generator-settings.ts';
import { countIndexedLayers, type ImageReport, isImageWithoutIndex } from './image-report.ts';
import type { LambdaContext } from './lambda-context.ts';
import { loggedError, writeFailedAnnouncement, writeLogLine } from './log.ts';
import type { SociIndexVersion } from '../core/soci-names.ts';

/** The module's policy allows this source only. */
const eventSource = 'soci-index-builder';
const eventDetailType = 'SOCI Index Outcome';

/** Version of `detail`. Fields may be added; existing ones keep their name and meaning. */
const detailVersion = '1';

/** An event may have 256 KB, but nobody reads that much. The log has the full message. */
const maximumMessageCharacters = 1000;

/**
 * Time limit for sending the event. The outcome is known at least five seconds before Lambda kills the invocation
 * (deadline.ts). If Lambda killed it, it would retry the event, and the image would be indexed again.
 */
const announcementMilliseconds = 3_000;

interface OutcomeDetail {
  /** The version of `detail`. */
  readonly version: string;
  /** The module's `name`, which distinguishes instances. */
  readonly instance: string;
  /** `REPOSITORY[:TAG]@DIGEST`, as in the log. */
  readonly image: string;
  readonly repository: string;
  readonly tag?: string;
  readonly sourceDigest: Digest;
  readonly indexVersion: SociIndexVersion;
  readonly outcome: ImageReport['status'];
  /** A code from core/reasons.ts. Its sentence is in `message`. */
  readonly reason?: Reason;
  readonly message?: string;
  /** V2: the image with its indexes. V1: the first SOCI index. */
  readonly resultDigest?: Digest;
  /** V2: the tag that points to it. */
  readonly resultTag?: string;
  /** What to deploy, if that is certain. */
  readonly deployDigest?: Digest;
  /** Number of layers that have a zTOC now. */
  readonly layers: number;
  /** Compressed bytes of layers. */
  readonly bytesRead: number;
  readonly seconds: number;
}

/** Sends the outcome to the event bus in the settings, if there is one. Never throws. */
export async function announceOutcome(
  report: ImageReport,
  push: EcrPush,
  { version, announcements }: GeneratorSettings,
  { functionName, awsRequestId }: LambdaContext,
): Promise<void> {
  // An image that continues in another invocation is announced there.
  if (announcements === undefined || report.status === 'unfinished') return;
  const { busName, instanceName } = announcements;
  const detail = outcomeDetailOf(report, push, version, instanceName);
  try {
    await putEvent(
      { busName, source: eventSource, detailType: eventDetailType, detail },
      AbortSignal.timeout(announcementMilliseconds),
    );
  } catch (error) {
    const { image } = report;
    writeLogLine('WARN', `not announced: ${image ?? 'unknown image'}`, {
      image,
      outcome: report.status,
      ...loggedError(error),
      requestId: awsRequestId,
    });
    writeFailedAnnouncement(functionName);
  }
}

function outcomeDetailOf(
  report: ImageReport,
  push: EcrPush,
  version: SociIndexVersion,
  instance: string,
): OutcomeDetail {
  const { repository, tag, digest: sourceDigest } = push;
  return dropUndefined({
    version: detailVersion,
    instance,
    image: report.image ?? repository,
    repository,
    tag,
    sourceDigest,
    indexVersion: version,
    outcome: report.status,
    reason: 'reason' in report ? report.reason : undefined,
    message: 'message' in report ? report.message.slice(0, maximumMessageCharacters) : undefined,
    resultDigest: 'digest' in report ? report.digest : undefined,
    resultTag: 'tag' in report ? report.tag : undefined,
    deployDigest: chooseDeployDigest(report, sourceDigest, version),
    layers: countIndexedLayers(report),
    bytesRead: report.bytesRead ?? 0,
    seconds: report.seconds,
  });
}

/** Undefined if the image is deleted, damaged, superseded or not an image, or needs attention before it is deployed. */
function chooseDeployDigest(
  report: ImageReport,
  sourceDigest: Digest,
  version: SociIndexVersion,
): Digest | undefined {
  if (isImageWithoutIndex(report)) return sourceDigest;
  if (report.status !== 'indexed' && report.status !== 'already-indexed') return undefined;
  // Runtimes find a V1 SOCI index through the image that it refers to.
  return version === 'V2' ? report.digest : sourceDigest;
}
