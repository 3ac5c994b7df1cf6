// A message of the dead-letter queue, parsed into its event.
//
// There are two kinds of messages. If EventBridge could not deliver an event, the message is the event. If a function failed
// to process an event, the message is a record, and the event is its `requestPayload`:
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-async-destinations
import { isObject } from '../core/is-object.ts';
import { isDigest } from '../core/oci/descriptor.ts';
import { escapeText, quoteText } from '../core/oci/quotation.ts';

export type FailedEvent =
  | {
      readonly kind: 'event';
      /** As EventBridge sent it, without fields that were added later. */
      readonly event: Readonly<Record<string, unknown>>;
      /** `REPOSITORY[:TAG]@DIGEST`, as far as the event has these fields. */
      readonly image: string;
      /** Why the function failed, if the message is a record. */
      readonly cause?: string;
    }
  | { readonly kind: 'unknown'; readonly problem: string };

/** A record contains another one if somebody invoked the function with a record. Deeper nesting is not plausible. */
const maximumRecords = 3;

/**
 * The fields that EventBridge gives every event. A function that handed over its work has added what it had finished; the
 * work starts again without these fields.
 * https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html
 */
const eventFields = [
  'version',
  'id',
  'detail-type',
  'source',
  'account',
  'time',
  'region',
  'resources',
  'detail',
];

/** Parses the body of a message. The function that is invoked with the event validates it fully. */
export function readFailedEvent(body: string): FailedEvent {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { kind: 'unknown', problem: 'it is not JSON' };
  }
  const cause = isObject(value) ? readCause(value) : undefined;
  for (let records = 0; isObject(value) && 'requestPayload' in value; records++) {
    if (records === maximumRecords) return { kind: 'unknown', problem: 'its records are nested too deeply' };
    value = value['requestPayload'];
  }
  if (!isObject(value)) return { kind: 'unknown', problem: 'it contains no event' };
  const { source, detail } = value;
  if (source !== 'aws.ecr' || !isObject(detail)) {
    const found = typeof source === 'string' ? quoteText(source) : 'missing';
    return { kind: 'unknown', problem: `it contains no ECR event: its source is ${found}` };
  }
  const event = Object.fromEntries(
    eventFields.flatMap((name) => (name in value ? [[name, value[name]]] : [])),
  );
  return { kind: 'event', event, image: describeImage(detail), ...(cause !== undefined && { cause }) };
}

/** Longer causes are cut off. */
const maximumCauseCharacters = 400;

/** What Lambda recorded about the failure: its condition, and the function's error. */
function readCause({
  requestContext,
  responsePayload,
}: Readonly<Record<string, unknown>>): string | undefined {
  const condition = isObject(requestContext) ? requestContext['condition'] : undefined;
  const message = isObject(responsePayload) ? responsePayload['errorMessage'] : undefined;
  const parts = [condition, message].filter(
    (part): part is string => typeof part === 'string' && part !== '',
  );
  return parts.length === 0 ? undefined : escapeText(parts.join(': ').slice(0, maximumCauseCharacters));
}

function describeImage(detail: Readonly<Record<string, unknown>>): string {
  const repository = detail['repository-name'];
  const tag = detail['image-tag'];
  const digest = detail['image-digest'];
  return [
    typeof repository === 'string' ? escapeText(repository) : '(no repository)',
    typeof tag === 'string' && tag !== '' ? `:${escapeText(tag)}` : '',
    isDigest(digest) ? `@${digest}` : '',
  ].join('');
}
