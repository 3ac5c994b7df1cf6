// Parses the events that Amazon ECR sends when an image arrives in a repository.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
import { isObject } from '../core/is-object.ts';
import { isDigest, type Digest } from '../core/oci/descriptor.ts';
import { dropUndefined } from '../core/oci/json-fields.ts';
import type { PushSkipReason } from '../core/reasons.ts';
import { quoteText } from '../core/oci/quotation.ts';
import { isRepository, isTag } from '../core/oci/reference.ts';
import { InvalidEventError } from './invalid-event-error.ts';

/** One image that has arrived in a repository. */
export interface EcrPush {
  /** Who pushed it: a client, or ECR's replication from another region or account. */
  readonly origin: 'push' | 'replication';
  readonly repository: string;
  readonly digest: Digest;
  /** Absent for a push by digest, such as that of a platform's manifest. */
  readonly tag?: string;
  /** The artifact type of a manifest, or its config's media type. Absent for image indexes and replicas. */
  readonly artifactType?: string;
}

/** An ECR event that requires no indexing, whatever the settings. */
export interface IgnoredEvent {
  readonly ignored: IgnoredEventReason;
  readonly repository: string;
  readonly digest?: Digest;
  readonly tag?: string;
}

/** docs/guides/what-is-not-handled.md explains why images in a pull-through cache are not indexed. */
export type IgnoredEventReason = Extract<PushSkipReason, 'pull-through-cache' | 'not-successful'>;

/** By `detail-type`. */
const eventKinds = new Map([
  ['ECR Image Action', 'push'],
  ['ECR Replication Action', 'replication'],
  ['ECR Pull Through Cache Action', 'pull-through-cache'],
] as const);

/** Deeper than any real event. Deeper fields are neither checked nor used. */
const maximumDepth = 10;

/**
 * @param functionArn The ARN of the function that received the event: the image must be in its account and region.
 * @throws InvalidEventError with all faults.
 */
export function parseEcrEvent(event: unknown, functionArn: string): EcrPush | IgnoredEvent {
  const faults: string[] = [];
  const fields = new EventFields(event, 'the event', '', faults);
  const own = parseFunctionArn(functionArn);
  fields.require('source', 'aws.ecr');
  const kind = fields.choice('detail-type', eventKinds);
  fields.require('account', own.account);
  fields.require('region', own.region);
  const detail = new EventFields(fields.value('detail'), 'detail', 'detail.', faults);
  faults.unshift(...findAddresses(event, kind === 'pull-through-cache' ? upstreamAddresses : new Set()));
  const hasFailed = readResult(kind, detail) === false;
  const repository = detail.text('repository-name', isRepository, 'the name of a repository');
  // For a push without a tag, the field is empty or absent.
  const tag = detail.optionalText('image-tag', isTag, 'a tag');
  if (kind === 'pull-through-cache' || hasFailed) {
    const digest = detail.optionalText('image-digest', isDigest, digestForm) as Digest | undefined;
    if (faults.length > 0) throw new InvalidEventError(faults);
    return dropUndefined({
      ignored: hasFailed ? ('not-successful' as const) : ('pull-through-cache' as const),
      repository,
      digest,
      tag,
    });
  }
  const digest = detail.text('image-digest', isDigest, digestForm);
  const artifactType = detail.optionalText('artifact-media-type', () => true, 'a media type');
  if (faults.length > 0 || kind === undefined) throw new InvalidEventError(faults);
  return dropUndefined({ origin: kind, repository, digest, tag, artifactType });
}

/**
 * Like `parseEcrEvent`, for callers that need an image.
 *
 * @throws InvalidEventError also for an event that requires no indexing.
 */
export function parseEcrPushEvent(event: unknown, functionArn: string): EcrPush {
  const parsed = parseEcrEvent(event, functionArn);
  if ('ignored' in parsed) throw new InvalidEventError([`it is never indexed (${parsed.ignored})`]);
  return parsed;
}

const digestForm = 'sha256: and 64 hexadecimal digits';

/** Whether the event reports success, if it tells. Failed pushes cause no event. */
function readResult(kind: EventKind | undefined, detail: EventFields): boolean | undefined {
  switch (kind) {
    case 'push':
      detail.require('action-type', 'PUSH');
      detail.require('result', 'SUCCESS');
      return true;
    case 'replication':
      detail.require('action-type', 'REPLICATE');
      return detail.choice('result', results);
    case 'pull-through-cache':
      return detail.choice('sync-status', results);
    case undefined:
      return undefined;
  }
}

const results = new Map([
  ['SUCCESS', true],
  ['FAILED', false],
] as const);

type EventKind = 'push' | 'replication' | 'pull-through-cache';

/** The fields of one object in the event. Faults are recorded, and parsing continues. */
class EventFields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #isObject: boolean;

  constructor(
    value: unknown,
    name: string,
    readonly prefix: string,
    readonly faults: string[],
  ) {
    this.#isObject = isObject(value);
    this.#values = isObject(value) ? value : {};
    if (!this.#isObject) faults.push(`${name}: expected an object, got ${describeValue(value)}`);
  }

  value(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  require(name: string, expected: string): void {
    if (this.value(name) !== expected) this.#note(name, quoteText(expected));
  }

  /** The value that the field's text stands for. */
  choice<Value>(name: string, values: ReadonlyMap<string, Value>): Value | undefined {
    const value = this.value(name);
    if (typeof value === 'string' && values.has(value)) return values.get(value);
    this.#note(name, [...values.keys()].map(quoteText).join(' or '));
    return undefined;
  }

  text<Text extends string>(
    name: string,
    isRight: ((text: string) => text is Text) | ((text: string) => boolean),
    expected: string,
  ): Text {
    const value = this.value(name);
    if (typeof value !== 'string' || !isRight(value)) this.#note(name, expected);
    return value as Text;
  }

  /** Undefined if the field is missing, null or empty. */
  optionalText(name: string, isRight: (text: string) => boolean, expected: string): string | undefined {
    const value = this.value(name) ?? '';
    return value === '' ? undefined : this.text(name, isRight, expected);
  }

  #note(name: string, expected: string): void {
    // The missing object was already reported.
    if (!this.#isObject) return;
    this.faults.push(`${this.prefix}${name}: expected ${expected}, got ${describeValue(this.value(name))}`);
  }
}

/** The upstream registry of a cached image. For information only: it is never connected to. */
const upstreamAddresses: ReadonlySet<string> = new Set(['detail.upstream-registry-url']);

/**
 * A fault for each field with an address. Events never determine which address to connect to, and real ECR events contain
 * no addresses other than those in `known`.
 *
 * @param known Paths of ECR's own address fields, which are ignored.
 */
function findAddresses(event: unknown, known: ReadonlySet<string>): readonly string[] {
  const faults: string[] = [];
  const visit = (value: unknown, path: string, depth: number) => {
    if (typeof value !== 'object' || value === null || depth > maximumDepth) return;
    for (const [key, member] of Object.entries(value)) {
      const memberPath = path === '' ? key : `${path}.${key}`;
      if (!Array.isArray(value) && namesAddress(key) && !known.has(memberPath)) {
        faults.push(`${quoteText(memberPath)}: an event must not contain an address to connect to`);
      }
      visit(member, memberPath, depth + 1);
    }
  };
  visit(event, '', 0);
  return faults;
}

/** `proxyEndpoint`, `registry-url`, `ECR_ENDPOINT`, `baseURL`, `host`; not `security-level`. */
function namesAddress(key: string): boolean {
  const words = key.replace(/([a-z0-9])([A-Z])/g, '$1 $2').split(/[^A-Za-z0-9]+/);
  return words.some((word) => /^(?:\w*(?:endpoint|url)|uri|host(?:name)?)s?$/i.test(word));
}

/** `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]` */
function parseFunctionArn(arn: string): { readonly region: string; readonly account: string } {
  const match =
    /^arn:aws[a-z-]*:lambda:([a-z0-9-]+):([0-9]{12}):function:[A-Za-z0-9-_]+(?::[A-Za-z0-9-_$]+)?$/.exec(arn);
  if (match === null) {
    throw new InvalidEventError([
      `it was sent to ${quoteText(arn)}, which is not the ARN of a Lambda function`,
    ]);
  }
  return { region: match[1]!, account: match[2]! };
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return quoteText(value);
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}
