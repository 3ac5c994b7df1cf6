// The part of an event that the generator adds when it hands over its work to its next invocation: the finished layers, and
// the number of hand-overs so far. It is trusted no more than the rest of the event: a zTOC that it names is checked before
// it is used (../indexer/known-layer.ts).
import { isObject } from '../core/is-object.ts';
import { type Digest, isDigest } from '../core/oci/descriptor.ts';
import { isContentSkipReason } from '../core/reasons.ts';
import { flatbufferMaximumBytes } from '../core/ztoc/ztoc.ts';
import { InvalidEventError } from '../events/invalid-event-error.ts';
import type { KnownLayer } from '../indexer/outcome.ts';

const fieldName = 'soci-index-builder-continuation';

/**
 * Lambda stops a chain of 16 invocations and moves the event to the dead-letter queue. The generator stops earlier, with a
 * reason.
 */
export const maximumHops = 10;

/** As many layers as a manifest may have (../core/oci/manifest.ts). */
const maximumLayers = 1000;

/**
 * Maximum bytes of all messages together, as JSON, shared equally by the layers that have one; and maximum bytes of a
 * single message. With at most 1000 layers of some 200 bytes each, an event stays below the 256 KiB that Lambda accepts for
 * an asynchronous invocation.
 */
const maximumMessagesBytes = 60_000;
const maximumMessageBytes = 400;

export interface Continuation {
  /** Number of invocations that have worked on the image before this one. */
  readonly hops: number;
  readonly finished: readonly KnownLayer[];
  /** With force: whether one of them has written something that was missing. */
  readonly hasChanged?: boolean;
}

/** @throws InvalidEventError if the generator could not have written it. */
export function parseContinuation(event: unknown): Continuation {
  const value = isObject(event) ? event[fieldName] : undefined;
  if (value === undefined) return { hops: 0, finished: [] };
  const faults: string[] = [];
  const { hops, finished, hasChanged = false } = isObject(value) ? value : {};
  if (typeof hops !== 'number' || !Number.isInteger(hops) || hops < 1 || hops > maximumHops) {
    faults.push(`${fieldName}.hops: expected a whole number from 1 to ${maximumHops}`);
  }
  if (!Array.isArray(finished) || finished.length > maximumLayers) {
    faults.push(`${fieldName}.finished: expected a list of at most ${maximumLayers} layers`);
  }
  if (typeof hasChanged !== 'boolean') faults.push(`${fieldName}.hasChanged: expected true or false`);
  const layers: KnownLayer[] = [];
  for (const [index, item] of Array.isArray(finished) ? finished.slice(0, maximumLayers).entries() : []) {
    const layer = parseLayer(item);
    if (layer === undefined)
      faults.push(`${fieldName}.finished[${index}]: expected a layer's digest, and its zTOC or a reason`);
    else layers.push(layer);
  }
  if (faults.length > 0) throw new InvalidEventError(faults);
  return { hops: hops as number, finished: layers, ...(hasChanged === true && { hasChanged }) };
}

/** The event for the next invocation. */
export function continueEvent(event: unknown, { hops, finished, hasChanged }: Continuation): unknown {
  const messages = finished.filter((layer) => 'reason' in layer || layer.differs !== undefined).length;
  const share = Math.min(maximumMessageBytes, Math.floor(maximumMessagesBytes / messages));
  const layers = finished.map((layer) => formatLayer(layer, share));
  return {
    ...(event as object),
    [fieldName]: { hops, finished: layers, ...(hasChanged === true && { hasChanged }) },
  };
}

function formatLayer(layer: KnownLayer, messageBytes: number): object {
  if ('reason' in layer) return { ...layer, message: shorten(layer.message, messageBytes) };
  const { digest, ztoc, differs } = layer;
  if (differs === undefined) return { digest, ztoc };
  return { digest, ztoc, reason: 'reads-differently', message: shorten(differs, messageBytes) };
}

/** The text, cut off so that it has at most `maximumBytes` as JSON. */
function shorten(text: string, maximumBytes: number): string {
  let short = text.slice(0, maximumBytes);
  while (Buffer.byteLength(JSON.stringify(short)) > maximumBytes) short = short.slice(0, -1);
  return short;
}

function parseLayer(value: unknown): KnownLayer | undefined {
  if (!isObject(value) || !isDigest(value['digest'])) return undefined;
  const { digest, ztoc, reason, message } = value as Readonly<Record<string, unknown>> & { digest: Digest };
  const isMessage = typeof message === 'string' && message.length <= maximumMessageBytes;
  if (isContentSkipReason(reason) && ztoc === undefined) {
    return isMessage ? { digest, reason, message } : undefined;
  }
  const differs = reason === 'reads-differently' && isMessage ? { differs: message } : {};
  const isReason = reason === undefined || 'differs' in differs;
  if (!isObject(ztoc) || !isReason || !isDigest(ztoc['digest'])) return undefined;
  const size = ztoc['size'];
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > flatbufferMaximumBytes)
    return undefined;
  return { digest, ztoc: { digest: ztoc['digest'], size }, ...differs };
}
