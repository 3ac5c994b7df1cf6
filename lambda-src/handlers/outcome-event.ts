// How an image ended, as an event for whoever waits for it: pipelines, deployments, people. docs/events.md is the contract.
// Telling is not the work: where it fails, that is logged and counted, and the image is as done as before.
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

/** The module's policy names it: the function may send as nobody else. */
const eventSource = 'soci-index-builder';
const eventDetailType = 'SOCI Index Outcome';

/** Of the shape of `detail`. Fields may be added to it; what is there keeps its name and meaning. */
const detailVersion = '1';

/** An event has 256 KB, a person less patience. The log has the whole of it. */
const maximumMessageCharacters = 1000;

/**
 * All the time that telling may take. An outcome is there at the latest five seconds before Lambda ends the function
 * (deadline.ts): it must not be cut, or Lambda would have the image indexed again.
 */
const announcementMilliseconds = 3_000;

interface OutcomeDetail {
  /** Of this shape. */
  readonly version: string;
  /** The module's `name`, which tells two instances apart. */
  readonly instance: string;
  /** `REPOSITORY[:TAG]@DIGEST`, as the log has it. */
  readonly image: string;
  readonly repository: string;
  readonly tag?: string;
  readonly sourceDigest: Digest;
  readonly indexVersion: SociIndexVersion;
  readonly outcome: ImageReport['status'];
  /** A code of core/reasons.ts, with its sentence in `message`. */
  readonly reason?: Reason;
  readonly message?: string;
  /** V2: the image with its indexes. V1: the (first) SOCI index. */
  readonly resultDigest?: Digest;
  /** V2: the tag that points to it. */
  readonly resultTag?: string;
  /** What to deploy now, where there is no question. */
  readonly deployDigest?: Digest;
  /** Layers that have an index by this work. */
  readonly layers: number;
  /** Compressed, of layers. */
  readonly bytesRead: number;
  readonly seconds: number;
}

/** Puts the outcome on the bus that the settings name, if they do. Never throws. */
export async function announceOutcome(
  report: ImageReport,
  push: EcrPush,
  { version, announcements }: GeneratorSettings,
  { functionName, awsRequestId }: LambdaContext,
): Promise<void> {
  // What goes on in a next invocation is announced where it ends.
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
    writeLogLine('WARN', `not announced: ${image ?? 'no image'}`, {
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

/** Undefined if the image is gone, is not an image, is damaged, was overtaken, or somebody should look first. */
function chooseDeployDigest(
  report: ImageReport,
  sourceDigest: Digest,
  version: SociIndexVersion,
): Digest | undefined {
  if (isImageWithoutIndex(report)) return sourceDigest;
  if (report.status !== 'indexed' && report.status !== 'already-indexed') return undefined;
  // A SOCI index of version 1 is found by the image that it refers to.
  return version === 'V2' ? report.digest : sourceDigest;
}
