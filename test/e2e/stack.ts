// An applied stack that works: the module as Terraform applied it to an emulated account, its functions on the runtime
// that Lambda has, a registry with ECR's ways, and a bus that the registry's events are put on.
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

/** The account of the emulator. */
const accountId = '123456789012';

/** The module's own names, by default. */
const functionNames = { filter: 'soci-index-builder-filter', generator: 'soci-index-builder-generator' };

export type FunctionKey = keyof typeof functionNames;

const registryPassword = 'password-of-the-registry';

/** What nobody may ever print. */
export const secrets: readonly string[] = [
  registryPassword,
  Buffer.from(`AWS:${registryPassword}`).toString('base64'),
  'secret-of-the-role',
  'token-of-the-role',
  'X-Amz-Signature',
];

/** An event that the generator has put on the bus. */
export interface Announcement {
  readonly detail: Readonly<Record<string, unknown>>;
  /** The rules of the account that match it, by their names. */
  readonly rules: readonly string[];
}

/** As the SDK sends it. */
interface PutEventsEntry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
}

/** A rule of the user's own, with the pattern that the module puts out. */
export const listeningRule = 'listening';

export interface StackSettings {
  readonly region: string;
  readonly partition: string;
  /** Terraform's, for the example's module block: other inputs than the example has. */
  readonly inputs: string;
}

/** What came of some events. */
export interface Run {
  readonly attempts: Readonly<Record<FunctionKey, readonly Attempt[]>>;
  /** That the generator made. */
  readonly requests: readonly LoggedRequest[];
  /** In the dead-letter queue, from where they are taken. */
  readonly failures: readonly QueueMessage[];
  readonly announcements: readonly Announcement[];
}

/** A function that runs. */
interface RunningFunction extends DeployedFunction {
  readonly environment: ExecutionEnvironment;
  readonly queue: EventQueue;
  /** The AWS API as this function sees it; it knows no other function's calls. */
  readonly api: AwsStandIn;
  /** Of Lambda itself, with the function's role. */
  readonly callsOfLambda: AwsCall[];
}

/** What does not work in the world around the functions. */
export interface Outages {
  /** The registry answers 503. */
  registry: boolean;
  /** Lambda takes no invocation. */
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
   * Applies examples/basic, and starts what it needs to work.
   *
   * @param folder An empty one, for a copy of the module.
   * @param url The emulator's.
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

  /** The repository as whoever pushes and pulls images sees it. */
  readonly openStore = (repository: string): RegistryStore => {
    const credentials = { kind: 'password', username: 'AWS', password: registryPassword } as const;
    return new RegistryStore({
      registry: this.registry.host,
      repository,
      credentials: () => Promise.resolve(credentials),
    });
  };

  /** Bytes of a blob, fetched as a runtime does. */
  async fetchBlobRange(repository: string, digest: string, start: number, end: number): Promise<Uint8Array> {
    const authorization = `Basic ${Buffer.from(`AWS:${registryPassword}`).toString('base64')}`;
    const answer = await fetch(`${this.registry.url}/v2/${repository}/blobs/${digest}`, {
      headers: { authorization, range: `bytes=${start}-${end - 1}` },
    });
    if (answer.status !== 206) throw new Error(`the registry answered ${answer.status} to a range`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** Puts events on the bus and waits until nothing is left to do. Nobody else may use the registry in the meantime. */
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
    // On the same bus: what would come back to the filter function would be another attempt of it.
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

  /** Everything that the function has printed, line by line. */
  readLines(key: FunctionKey): readonly string[] {
    return this.#functions![key].environment.readLines();
  }

  /** What the function answered to each attempt, as text. */
  readResults(key: FunctionKey): readonly string[] {
    return this.#functions![key].queue.attempts.map(({ result }) => JSON.stringify(result));
  }

  /** All that the function did which needs a permission, and what Lambda did in its name. */
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
    // The filter function knows no registry; presigned addresses need no permission.
    const requests = key === 'generator' ? this.#requests : [];
    const asked = requests.filter(({ origin }) => origin === 'registry');
    return [...calls, ...callsOfLambda, ...asked.flatMap((request) => listActions(request, this.place))];
  }

  fetchRolePolicy(key: FunctionKey): Promise<readonly PolicyStatement[]> {
    return this.#account.fetchRolePolicy(this.#functions![key].roleName);
  }

  /** Takes from the rule its permission to invoke the filter function. */
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

  /** As EventBridge hands an entry on. */
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
    if (called === undefined) throw new Error(`there is no function ${functionName}`);
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
