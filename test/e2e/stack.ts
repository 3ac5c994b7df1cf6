// A working stack: the module as Terraform applied it to an emulated account, its functions on Lambda's runtime, a
// registry that behaves like ECR, and an event bus for the registry's events.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AwsStandIn } from '../../lambda-src/demo/aws-stand-in.ts';
import {
  ecrWays,
  type LocalRegistry,
  type LoggedRequest,
} from '../../lambda-src/local-registry/local-registry.ts';
import { createAws } from '../helpers/aws.ts';
import { createFaultyRegistry } from '../helpers/registry-faults/faulty-registry.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { copyModule, runTerraform } from '../helpers/terraform.ts';
import { type Attempt, EventQueue } from './lambda-emulator/event-queue.ts';
import { ExecutionEnvironment } from './lambda-emulator/execution-environment.ts';
import { AwsAccount, type DeployedFunction, type QueueMessage } from './stack-account.ts';
import { EventBus } from './stack-event-bus.ts';
import type { AwsCall, PolicyStatement } from './stack-policy.ts';
import { type EcrPlace, type EcrPushEvent, listActions } from './stack-registry.ts';

/** The emulator's account. */
const accountId = '123456789012';

/** The module's default names. */
const functionNames = { filter: 'soci-index-builder-filter', generator: 'soci-index-builder-generator' };

export type FunctionKey = keyof typeof functionNames;

const registryPassword = 'password-of-the-registry';

/** What must never be printed. */
export const secrets: readonly string[] = [
  registryPassword,
  Buffer.from(`AWS:${registryPassword}`).toString('base64'),
  'secret-of-the-role',
  'token-of-the-role',
  'X-Amz-Signature',
];

/** An event that the generator put on the bus. */
export interface Announcement {
  readonly detail: Readonly<Record<string, unknown>>;
  /** The names of the account's rules that match the event. */
  readonly rules: readonly string[];
}

/** In the SDK's format. */
interface PutEventsEntry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
}

/** A user's own rule, with the event pattern that the module outputs. */
export const listeningRule = 'listening';

export interface StackSettings {
  readonly region: string;
  readonly partition: string;
  /** Terraform inputs that are added to the example's module block. */
  readonly inputs: string;
}

/** The effects of some events. */
export interface Run {
  readonly attempts: Readonly<Record<FunctionKey, readonly Attempt[]>>;
  /** Requests that the generator made. */
  readonly requests: readonly LoggedRequest[];
  /** Messages in the dead-letter queue, which are removed from it. */
  readonly failures: readonly QueueMessage[];
  readonly announcements: readonly Announcement[];
}

/** A running function. */
interface RunningFunction extends DeployedFunction {
  readonly environment: ExecutionEnvironment;
  readonly queue: EventQueue;
  /** The AWS API for this function alone, which records only its calls. */
  readonly api: AwsStandIn;
  /** Calls that Lambda itself makes with the function's role. */
  readonly callsOfLambda: AwsCall[];
}

/** Simulated outages of what the functions depend on. */
export interface Outages {
  /** The registry answers 503. */
  registry: boolean;
  /** Lambda rejects invocations with 429. */
  lambda: boolean;
}

export class Stack {
  readonly outages: Outages = { registry: false, lambda: false };
  readonly place: EcrPlace;
  readonly #account: AwsAccount;
  readonly #bus: EventBus;
  readonly #requests: LoggedRequest[] = [];
  #registry: LocalRegistry | undefined;
  #functions: Readonly<Record<FunctionKey, RunningFunction>> | undefined;

  /**
   * Applies examples/basic, and starts the functions and the registry.
   *
   * @param folder An empty folder for a copy of the module.
   * @param url The emulator's URL.
   */
  static async apply(folder: string, url: string, settings: StackSettings): Promise<Stack> {
    await applyExample(folder, url, settings);
    const stack = new Stack(url, settings);
    stack.#registry = await createFaultyRegistry({
      ...ecrWays,
      access: { ...ecrWays.access, password: registryPassword },
      immutableTags: false,
      faults: () => (stack.outages.registry ? { kind: 'status', status: 503 } : undefined),
    });
    stack.#functions = {
      filter: await stack.#startFunction('filter'),
      generator: await stack.#startFunction('generator'),
    };
    return stack;
  }

  private constructor(url: string, { partition, region }: StackSettings) {
    this.place = { partition, region, accountId };
    this.#account = new AwsAccount(url, region);
    this.#bus = new EventBus(this.#account, accountId, (arn, event) => {
      this.#takeEvent(arn.split(':').at(-1)!, event);
    });
  }

  get registry(): LocalRegistry {
    return this.#registry!;
  }

  /** The repository as clients that push and pull images see it. */
  readonly openStore = (repository: string): RegistryStore => {
    const credentials = { kind: 'password', username: 'AWS', password: registryPassword } as const;
    return new RegistryStore({
      registry: this.registry.host,
      repository,
      credentials: () => Promise.resolve(credentials),
    });
  };

  /** A range of a blob's bytes, fetched as a runtime does. */
  async fetchBlobRange(repository: string, digest: string, start: number, end: number): Promise<Uint8Array> {
    const authorization = `Basic ${Buffer.from(`AWS:${registryPassword}`).toString('base64')}`;
    const answer = await fetch(`${this.registry.url}/v2/${repository}/blobs/${digest}`, {
      headers: { authorization, range: `bytes=${start}-${end - 1}` },
    });
    if (answer.status !== 206) throw new Error(`the registry answered ${answer.status} to a range`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** Puts events on the bus and waits until all work is done. Nothing else may use the registry in the meantime. */
  async put(events: readonly EcrPushEvent[]): Promise<Run> {
    const functions = this.#functions!;
    const before = {
      filter: functions.filter.queue.attempts.length,
      generator: functions.generator.queue.attempts.length,
      requests: this.registry.log.length,
      calls: functions.generator.api.calls.length,
    };
    await this.#bus.put(events);
    await functions.filter.queue.drain();
    await functions.generator.queue.drain();
    const announced = functions.generator.api.calls.slice(before.calls).flatMap(readEntries);
    // Announcements go to the same bus. One that reached the filter function would show up as another attempt.
    const matches = await this.#bus.put(announced.map((entry) => this.#makeEvent(entry)));
    await functions.filter.queue.drain();
    const requests = this.registry.log.slice(before.requests);
    this.#requests.push(...requests);
    return {
      attempts: {
        filter: functions.filter.queue.attempts.slice(before.filter),
        generator: functions.generator.queue.attempts.slice(before.generator),
      },
      requests,
      failures: await this.#account.takeMessages(functions.filter.failureQueueArn),
      announcements: announced.map(({ Detail }, index) => ({
        detail: JSON.parse(Detail) as Announcement['detail'],
        rules: matches[index]!,
      })),
    };
  }

  /** Every line that the function has printed. */
  readLines(key: FunctionKey): readonly string[] {
    return this.#functions![key].environment.readLines();
  }

  /** The result of each of the function's attempts, as JSON. */
  readResults(key: FunctionKey): readonly string[] {
    return this.#functions![key].queue.attempts.map(({ result }) => JSON.stringify(result));
  }

  /** All calls of the function that need a permission, and Lambda's calls on its behalf. */
  listCalls(key: FunctionKey): readonly AwsCall[] {
    const { api, callsOfLambda } = this.#functions![key];
    const { partition, region } = this.place;
    const calls = api.calls.flatMap(({ action, input, functionName = '' }): AwsCall[] => {
      switch (action) {
        case 'Invoke':
          return [{ action: 'lambda:InvokeFunction', resource: this.#functionArn(functionName) }];
        case 'GetAuthorizationToken':
          return [{ action: 'ecr:GetAuthorizationToken', resource: '*' }];
        case 'DescribeImages': {
          const { repositoryName } = input as { readonly repositoryName: string };
          return [
            {
              action: 'ecr:DescribeImages',
              resource: `arn:${partition}:ecr:${region}:${accountId}:repository/${repositoryName}`,
            },
          ];
        }
        case 'DescribeRepositories':
          return (input as { readonly repositoryNames: readonly string[] }).repositoryNames.map((name) => ({
            action: 'ecr:DescribeRepositories',
            resource: `arn:${partition}:ecr:${region}:${accountId}:repository/${name}`,
          }));
        case 'PutEvents':
          return readEntries({ action, input }).map((entry) => ({
            action: 'events:PutEvents',
            resource: `arn:${partition}:events:${region}:${accountId}:event-bus/${entry.EventBusName}`,
            context: { 'events:source': entry.Source },
          }));
        default:
          throw new Error(`the ${key} function called ${action}`);
      }
    });
    // The filter function does not use the registry, and presigned URLs need no permission.
    const requests = key === 'generator' ? this.#requests : [];
    const asked = requests.filter(({ origin }) => origin === 'registry');
    return [...calls, ...callsOfLambda, ...asked.flatMap((request) => listActions(request, this.place))];
  }

  fetchRolePolicy(key: FunctionKey): Promise<readonly PolicyStatement[]> {
    return this.#account.fetchRolePolicy(this.#functions![key].roleName);
  }

  /** Removes the rule's permission to invoke the filter function. */
  async removePermission(): Promise<void> {
    await this.#account.removePermission(functionNames.filter, 'AllowEventBridgeRule');
  }

  async close(): Promise<void> {
    for (const { environment, api } of Object.values(this.#functions ?? {})) {
      await environment.close();
      await api.close();
    }
    await this.#registry?.close();
  }

  /** The event that EventBridge delivers for an entry. */
  #makeEvent({ Source, DetailType, Detail }: PutEventsEntry): object {
    return {
      version: '0',
      source: Source,
      'detail-type': DetailType,
      account: accountId,
      region: this.place.region,
      resources: [],
      detail: JSON.parse(Detail) as unknown,
    };
  }

  #functionArn(name: string): string {
    return `arn:${this.place.partition}:lambda:${this.place.region}:${accountId}:function:${name}`;
  }

  #takeEvent(functionName: string, event: unknown): void {
    const called = Object.values(this.#functions!).find(
      ({ configuration }) => configuration.name === functionName,
    );
    if (called === undefined) throw new Error(`unknown function ${functionName}`);
    called.queue.add(event);
  }

  async #startFunction(key: FunctionKey): Promise<RunningFunction> {
    const deployed = await this.#account.readFunction(functionNames[key]);
    const api = await createAws({
      registryUrl: this.registry.url,
      password: registryPassword,
      refuse: ({ action }) =>
        action === 'Invoke' && this.outages.lambda
          ? { status: 429, type: 'TooManyRequestsException', message: 'Rate Exceeded.' }
          : undefined,
      onInvoke: (name, event) => {
        this.#takeEvent(name, event);
      },
    });
    const environment = await ExecutionEnvironment.create(deployed.configuration, {
      AWS_ACCESS_KEY_ID: 'AKIAEMULATED',
      AWS_SECRET_ACCESS_KEY: 'secret-of-the-role',
      AWS_SESSION_TOKEN: 'token-of-the-role',
      AWS_ENDPOINT_URL_ECR: api.url,
      AWS_ENDPOINT_URL_LAMBDA: api.url,
      AWS_ENDPOINT_URL_EVENTBRIDGE: api.url,
    });
    const callsOfLambda: AwsCall[] = [];
    const queue = new EventQueue(environment, deployed.events, async (record) => {
      callsOfLambda.push({ action: 'sqs:SendMessage', resource: deployed.failureQueueArn });
      await this.#account.sendMessage(deployed.failureQueueArn, record);
    });
    return { ...deployed, environment, queue, api, callsOfLambda };
  }
}

function readEntries({ action, input }: { action: string; input: unknown }): readonly PutEventsEntry[] {
  return action === 'PutEvents' ? (input as { readonly Entries: readonly PutEventsEntry[] }).Entries : [];
}

async function applyExample(folder: string, url: string, { region, inputs }: StackSettings): Promise<void> {
  copyModule(folder);
  const example = join(folder, 'examples', 'basic');
  writeFileSync(join(example, 'stack_override.tf'), `module "soci_index_builder" {\n${inputs}\n}\n`);
  writeFileSync(
    join(example, 'listening.tf'),
    `resource "aws_cloudwatch_event_rule" "this" {
  name          = "${listeningRule}"
  event_pattern = module.soci_index_builder.announcement_event_pattern
}
`,
  );
  for (const args of [['init'], ['apply', '-auto-approve']]) {
    const { exitCode, stdout, stderr } = await runTerraform(example, [...args, '-no-color'], {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'emulated',
      AWS_SECRET_ACCESS_KEY: 'emulated',
      AWS_REGION: region,
      AWS_EC2_METADATA_DISABLED: 'true',
    });
    if (exitCode !== 0) throw new Error(`terraform ${args.join(' ')} failed. ${stderr}${stdout}`);
  }
}
