// Sends images on their way: one event after the other, at its pace, each written down when Lambda has accepted it.
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

/** Between the tries for one image, each of which is three of the SDK's: about two minutes in all. */
const waitsSeconds = [1, 2, 4, 8, 16, 32, 60];

export interface Sending {
  readonly lambda: Lambda;
  readonly functionName: string;
  readonly place: RegistryPlace;
  /** Whether the generator is to believe nothing that is there. */
  readonly force: boolean;
  readonly journal: Journal;
  /** Images a second. */
  readonly rate: number;
  /** When it is aborted, the event at hand is still sent and written down, and no more are. */
  readonly interruption: AbortSignal;
  readonly onSent: (count: number) => void;
  /** Hears that Lambda takes no event now. */
  readonly onWait: (seconds: number, reason: string) => void;
}

export interface SendingOutcome {
  /** How many of the images, from the first. */
  readonly sent: number;
  /** What ended it before the last, other than an interruption. */
  readonly failure?: Failure;
}

/** `REPOSITORY:TAG@DIGEST` */
export function nameImage({ repository, tag, digest }: TaggedImage): string {
  return `${repository}:${tag}@${digest}`;
}

/**
 * One at a time, so that never more than one image is with Lambda and not in the journal. The first image that Lambda does
 * not take ends it: with the next one it would be the same.
 *
 * @throws What keeps the journal from being written.
 */
export async function sendEvents(images: readonly PlannedImage[], sending: Sending): Promise<SendingOutcome> {
  const { journal, interruption } = sending;
  const pace = new Pace(sending.rate);
  let sent = 0;
  for (const image of images) {
    if (!(await wait(pace.takeTurn(performance.now()), interruption))) break;
    try {
      if (!(await sendPatiently(image, sending))) break;
    } catch (error) {
      return { sent, failure: { image: nameImage(image), ...explainFailure(error) } };
    }
    await journal.add(nameImage(image), new Date());
    sending.onSent(++sent);
  }
  return { sent };
}

/** @returns Whether it was sent; otherwise there was an interruption. @throws What lasts longer than the patience. */
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

/** Throttling, a fault of Lambda's, or of the way there. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { $metadata: metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  const status = metadata?.httpStatusCode;
  if (status !== undefined) return status === 429 || status >= 500;
  return error.name === 'TimeoutError' || 'code' in error;
}

/** @returns Whether the time has passed; otherwise there was an interruption. */
async function wait(milliseconds: number, interruption: AbortSignal): Promise<boolean> {
  // A time of its own would be a turn of the event loop for each image.
  if (milliseconds > 0) {
    await sleep(milliseconds, undefined, { signal: interruption }).catch((error: unknown) => {
      if (!interruption.aborted) throw error;
    });
  }
  return !interruption.aborted;
}
