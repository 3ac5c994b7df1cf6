// Runs both functions on one event, as EventBridge and Lambda would. The filter invokes the generator through the AWS SDK,
// over HTTP to a stand-in on the loopback interface.
import type { Digest } from '../core/oci/descriptor.ts';
import { ociIndexType } from '../core/oci/media-type.ts';
import { makePushEvent } from '../events/made-push-event.ts';
import { createGenerator } from '../handlers/generator.ts';
import { handler as filterHandler } from '../handlers/filter.ts';
import type { ImageReport } from '../handlers/image-report.ts';
import type { LambdaContext } from '../handlers/lambda-context.ts';
import type { ZtocJobs } from '../threads/ztoc-jobs.ts';
import type { LocalRegistry } from '../local-registry/local-registry.ts';
import { createAwsStandIn } from './aws-stand-in.ts';
import type { FilterVariable, GeneratorVariable } from '../settings/environment.ts';
import type { SociIndexVersion } from '../core/soci-names.ts';

const account = '111122223333';
const region = 'eu-west-1';
const invocationMilliseconds = 900_000;

export interface DemoPush {
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
}

export interface DemoSettings {
  readonly version: SociIndexVersion;
  readonly filter: string;
  readonly minimumLayerSizeBytes: number;
  readonly spanSizeBytes: number;
}

export interface DemoRun {
  readonly report: ImageReport;
  /** The messages that both functions logged, with their levels. */
  readonly log: readonly string[];
}

/** @throws Error if the filter does not invoke the generator; what the functions throw. */
export async function runFunctions(
  registry: LocalRegistry,
  push: DemoPush,
  settings: DemoSettings,
  jobs: ZtocJobs,
): Promise<DemoRun> {
  let takeEvent: (event: unknown) => void = () => undefined;
  const invoked = new Promise<unknown>((resolve) => {
    takeEvent = resolve;
  });
  const aws = await createAwsStandIn({
    registryUrl: registry.url,
    onInvoke: (_functionName, event) => {
      takeEvent(event);
    },
  });
  const output = captureOutput();
  try {
    Object.assign(process.env, environmentOf(aws.url, settings));
    const image = { ...push, manifestMediaType: ociIndexType };
    const event = makePushEvent(image, { account, region }, 'demo', new Date());
    const outcome = await filterHandler(event, makeContext('filter'));
    if (outcome.status !== 'matched')
      throw new Error(`the filter function did not match the push: ${outcome.status}`);
    const report = await createGenerator(jobs)(await invoked, makeContext('generator'));
    return { report, log: output.text().trim().split('\n').flatMap(readMessage) };
  } finally {
    output.release();
    await aws.close();
  }
}

/** The functions write log lines to standard output, where Lambda collects them; here, they are captured. */
function captureOutput(): { readonly text: () => string; readonly release: () => void } {
  const { stdout } = process;
  const write = stdout.write.bind(stdout);
  let text = '';
  stdout.write = (piece: string | Uint8Array) => {
    text += typeof piece === 'string' ? piece : Buffer.from(piece).toString();
    return true;
  };
  return {
    text: () => text,
    release() {
      stdout.write = write;
    },
  };
}

/** `INFO message` for a log line; nothing for a line of metrics. */
function readMessage(line: string): readonly string[] {
  const { level, message } = JSON.parse(line) as { readonly level?: string; readonly message?: string };
  return message === undefined ? [] : [`${level ?? ''} ${message}`];
}

/** The environment that the Terraform module gives the functions, with the SDK's endpoints. */
function environmentOf(awsUrl: string, settings: DemoSettings): Readonly<Record<string, string>> {
  const variables: Readonly<Record<FilterVariable | GeneratorVariable, string>> = {
    SOCI_FILTERS: settings.filter,
    GENERATOR_FUNCTION_NAME: 'generator',
    SOCI_INDEX_REPLICATED_IMAGES: 'false',
    SOCI_INDEX_VERSION: settings.version,
    SOCI_PLATFORMS: '',
    SOCI_SPAN_SIZE_BYTES: String(settings.spanSizeBytes),
    SOCI_MIN_LAYER_SIZE_BYTES: String(settings.minimumLayerSizeBytes),
    SOCI_TARGET_TAG_TEMPLATE: '{tag}-soci',
    SOCI_TAG_SKIPPED_IMAGES: 'false',
    SOCI_REUSE_ZTOCS: 'true',
    SOCI_MAX_ZTOC_RATIO: '16',
    SOCI_PREFETCH_LABEL: 'true',
    SOCI_EVENT_BUS_NAME: 'default',
    SOCI_INSTANCE_NAME: 'demo',
  };
  return {
    ...variables,
    AWS_ENDPOINT_URL_ECR: awsUrl,
    AWS_ENDPOINT_URL_LAMBDA: awsUrl,
    AWS_ENDPOINT_URL_EVENTBRIDGE: awsUrl,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'demo',
    AWS_SECRET_ACCESS_KEY: 'demo',
  };
}

/** The context that Lambda passes to a function. */
function makeContext(functionName: string): LambdaContext {
  return {
    functionName,
    invokedFunctionArn: `arn:aws:lambda:${region}:${account}:function:${functionName}`,
    awsRequestId: `demo-${functionName}`,
    memoryLimitInMB: '1769',
    getRemainingTimeInMillis: () => invocationMilliseconds,
  };
}
