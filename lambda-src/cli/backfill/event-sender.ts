// Sends one event for each image, one at a time and at a fixed rate. Each is recorded in the journal once Lambda has accepted
// it.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { invokeFunction, type Lambda } from '../../aws/invoke-function.ts';
import { withForce } from '../../events/force-request.ts';
import { makePushEvent, type RegistryPlace, type TaggedImage } from '../../events/made-push-event.ts';
import { explainFailure } from '../explained-end.ts';
import type { Failure } from './backfill-report.ts';
import type { Journal } from './journal.ts';
import { Pace } from './pace.ts';
import type { PlannedImage } from './repository-plan.ts';

/**
 * Delays between attempts for one image, about two minutes in total. Each attempt includes three of the SDK's own.
 */
const waitsSeconds = [1, 2, 4, 8, 16, 32, 60];

export interface Sending {
  readonly lambda: Lambda;
  readonly functionName: string;
  readonly place: RegistryPlace;
  /** Whether the generator ignores existing indexes. */
  readonly force: boolean;
  readonly journal: Journal;
  /** Images per second. */
  readonly rate: number;
  /** When it is aborted, the current event is still sent and recorded, and no other is started. */
  readonly interruption: AbortSignal;
  readonly onSent: (count: number) => void;
  /** Called when Lambda does not accept events for now. */
  readonly onWait: (seconds: number, reason: string) => void;
}

export interface SendingOutcome {
  /** How many of the images were sent, counted from the first. */
  readonly sent: number;
  /** The error that stopped the sender early, other than an interruption. */
  readonly failure?: Failure;
}

/** `REPOSITORY:TAG@DIGEST` */
export function nameImage({ repository, tag, digest }: TaggedImage): string {
  return `${repository}:${tag}@${digest}`;
}

/**
 * One at a time, so that at most one image has been sent to Lambda and is not yet in the journal. The first image that
 * Lambda rejects, or that the journal cannot record, stops the sender, because the next one would fail the same way.
 */
export async function sendEvents(images: readonly PlannedImage[], sending: Sending): Promise<SendingOutcome> {
  const { journal, interruption } = sending;
  const pace = new Pace(sending.rate);
  let sent = 0;
  for (const image of images) {
    if (!(await wait(pace.takeTurn(performance.now()), interruption))) break;
    try {
      if (!(await sendPatiently(image, sending))) break;
      sent++;
      await journal.add(nameImage(image), new Date());
    } catch (error) {
      return { sent, failure: { image: nameImage(image), ...explainFailure(error) } };
    }
    sending.onSent(sent);
  }
  return { sent };
}

/** @returns Whether it was sent; false after an interruption. @throws The error of the last attempt. */
async function sendPatiently(image: PlannedImage, sending: Sending): Promise<boolean> {
  const { lambda, functionName, place, interruption } = sending;
  const push = makePushEvent(image, place, randomUUID(), new Date());
  const event = sending.force ? withForce(push) : push;
  for (let attempt = 0; ; attempt++) {
    try {
      await invokeFunction(functionName, event, lambda);
      return true;
    } catch (error) {
      const waitSeconds = waitsSeconds[attempt];
      if (waitSeconds === undefined || !mayPass(error)) throw error;
      sending.onWait(waitSeconds, error instanceof Error ? error.message : String(error));
      if (!(await wait(waitSeconds * 1000, interruption))) return false;
    }
  }
}

/** Whether a retry may succeed: after throttling, a server error of Lambda, or a network error. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { $metadata: metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  const status = metadata?.httpStatusCode;
  if (status !== undefined) return status === 429 || status >= 500;
  return error.name === 'TimeoutError' || 'code' in error;
}

/** @returns Whether the time has passed; false after an interruption. */
async function wait(milliseconds: number, interruption: AbortSignal): Promise<boolean> {
  // Even a sleep of 0 ms would cost a turn of the event loop for each image.
  if (milliseconds > 0) {
    await sleep(milliseconds, undefined, { signal: interruption }).catch((error: unknown) => {
      if (!interruption.aborted) throw error;
    });
  }
  return !interruption.aborted;
}
