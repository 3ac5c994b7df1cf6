// The event that Amazon ECR sends when an image has been pushed, from anything into a type.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
import { isObject } from '../core/is-object.ts';
import { isDigest, type Digest } from '../core/oci/descriptor.ts';
import { dropUndefined } from '../core/oci/json-fields.ts';
import { quoteText } from '../core/oci/quotation.ts';
import { isRepository, isTag } from '../core/oci/reference.ts';
import { InvalidEventError } from './invalid-event-error.ts';

/** One pushed image. */
export interface EcrPush {
  readonly repository: string;
  readonly digest: Digest;
  /** Absent for a push by digest, such as that of each platform's manifest of an image index. */
  readonly tag?: string;
  /** The artifact type of a manifest, or its config's media type. Events of image indexes do not have it. */
  readonly artifactType?: string;
}

/** Deeper than any event: what is nested deeper is not looked at, nor used. */
const maximumDepth = 10;

/**
 * @param functionArn The ARN of the function that the event came to: the push must be one of its account and region.
 * @throws InvalidEventError with all that is wrong.
 */
export function parseEcrPushEvent(event: unknown, functionArn: string): EcrPush {
  const faults: string[] = [];
  noteAddresses(event, '', 0, faults);
  const fields = new EventFields(event, 'the event', '', faults);
  const own = parseFunctionArn(functionArn);
  fields.require('source', 'aws.ecr');
  fields.require('detail-type', 'ECR Image Action');
  fields.require('account', own.account);
  fields.require('region', own.region);
  const detail = new EventFields(fields.value('detail'), 'detail', 'detail.', faults);
  detail.require('action-type', 'PUSH');
  detail.require('result', 'SUCCESS');
  const repository = detail.text('repository-name', isRepository, 'the name of a repository');
  const digest = detail.text('image-digest', isDigest, 'sha256: and 64 hexadecimal digits');
  // An untagged push has an empty tag, or none.
  const tag = detail.optionalText('image-tag', isTag, 'a tag');
  const artifactType = detail.optionalText('artifact-media-type', () => true, 'a media type');
  if (faults.length > 0) throw new InvalidEventError(faults);
  return dropUndefined({ repository, digest, tag, artifactType });
}

/** The fields of one object of the event. What is wrong with them is noted, and reading goes on. */
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

  text<Text extends string>(
    name: string,
    isRight: ((text: string) => text is Text) | ((text: string) => boolean),
    expected: string,
  ): Text {
    const value = this.value(name);
    if (typeof value !== 'string' || !isRight(value)) this.#note(name, expected);
    return value as Text;
  }

  /** Undefined where the field is missing, null or empty. */
  optionalText(name: string, isRight: (text: string) => boolean, expected: string): string | undefined {
    const value = this.value(name) ?? '';
    return value === '' ? undefined : this.text(name, isRight, expected);
  }

  #note(name: string, expected: string): void {
    // That there is no object says it all.
    if (!this.#isObject) return;
    this.faults.push(`${this.prefix}${name}: expected ${expected}, got ${describeValue(this.value(name))}`);
  }
}

/**
 * Notes fields that name an address. Where to connect to is never the event's to say, and an event that tries is none
 * of ECR's.
 */
function noteAddresses(value: unknown, path: string, depth: number, faults: string[]): void {
  if (typeof value !== 'object' || value === null || depth > maximumDepth) return;
  for (const [key, member] of Object.entries(value)) {
    const memberPath = path === '' ? key : `${path}.${key}`;
    if (!Array.isArray(value) && namesAddress(key)) {
      faults.push(`${quoteText(memberPath)}: an event names no address to connect to`);
    }
    noteAddresses(member, memberPath, depth + 1, faults);
  }
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
    throw new InvalidEventError([`it came to ${quoteText(arn)}, which is no ARN of a Lambda function`]);
  }
  return { region: match[1]!, account: match[2]! };
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return quoteText(value);
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}
