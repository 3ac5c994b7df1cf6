// EventBridge's PutEvents, for a single event.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
import { setTimeout as sleep } from 'node:timers/promises';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { AwsError } from './aws-error.ts';
import { requestHandling } from './request-handling.ts';

export interface OwnEvent {
  /** The name of an event bus in this account and region. */
  readonly busName: string;
  readonly source: string;
  readonly detailType: string;
  /** Sent as JSON. At most 256 KB with the other fields. */
  readonly detail: object;
}

/**
 * EventBridge may accept a request and still refuse an event in it. With these codes, the same event may succeed a moment
 * later.
 */
const passingRefusals: ReadonlySet<string> = new Set(['InternalFailure', 'ThrottlingException']);
const maximumTries = 3;
const millisecondsBetweenTries = 200;

/**
 * @param signal Aborts the attempts.
 * @throws AwsError if EventBridge refuses the event, or has not answered when the signal is aborted; any error from the
 *   SDK.
 */
export async function putEvent(event: OwnEvent, signal: AbortSignal): Promise<void> {
  const client = new EventBridgeClient({ requestHandler: requestHandling() });
  try {
    for (let attempt = 1; ; attempt++) {
      const refusal = await tryPut(client, event, signal);
      if (refusal === undefined) return;
      if (attempt === maximumTries || !passingRefusals.has(refusal.code)) {
        throw new AwsError(
          `EventBridge refused the event on the bus ${event.busName}: ${refusal.code}, ${refusal.message}`,
        );
      }
      await sleep(millisecondsBetweenTries * attempt, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new AwsError(
      `EventBridge did not accept the event in time; a function in a VPC needs the "events" endpoint`,
      {
        cause: error,
      },
    );
  }
}

interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Why EventBridge refused the event, which it reports in a response with status 200. */
async function tryPut(
  client: EventBridgeClient,
  { busName, source, detailType, detail }: OwnEvent,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const { Entries: [entry] = [] } = await client.send(
    new PutEventsCommand({
      Entries: [
        { EventBusName: busName, Source: source, DetailType: detailType, Detail: JSON.stringify(detail) },
      ],
    }),
    { abortSignal: signal },
  );
  if (entry?.EventId !== undefined) return undefined;
  const { ErrorCode: code = 'no answer', ErrorMessage: message = 'no reason given' } = entry ?? {};
  return { code, message };
}
