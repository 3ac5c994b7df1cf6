// The account to which a stack was applied, through AWS's own API: its resources and their configuration, and the
// dead-letter queue.
// https://docs.aws.amazon.com/general/latest/gr/aws-apis.html
import type { EventInvokeConfiguration } from './lambda-emulator/event-queue.ts';
import type { FunctionConfiguration } from './lambda-emulator/execution-environment.ts';
import { parsePolicy, type PolicyStatement } from './stack-policy.ts';

/** A function, with its related configuration. */
export interface DeployedFunction {
  readonly configuration: FunctionConfiguration;
  readonly roleName: string;
  readonly events: EventInvokeConfiguration;
  readonly failureQueueArn: string;
}

export interface EventRule {
  readonly name: string;
  readonly arn: string;
  readonly pattern: string;
  readonly targets: readonly { readonly arn: string; readonly deadLetterQueueArn: string }[];
}

export interface QueueMessage {
  readonly body: unknown;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The assumed type of an AWS response: if it differs, the following tests fail. */
type Json = Readonly<Record<string, unknown>>;

export class AwsAccount {
  /** @param url The emulator's URL, which serves all services. */
  constructor(
    readonly url: string,
    readonly region: string,
  ) {}

  async readFunction(name: string): Promise<DeployedFunction> {
    const { Configuration, Code } = (await this.#callLambda('GET', `2015-03-31/functions/${name}`)) as {
      readonly Configuration: Json;
      readonly Code: { readonly Location: string };
    };
    const invoke = (await this.#callLambda('GET', `2019-09-25/functions/${name}/event-invoke-config`)) as {
      readonly MaximumRetryAttempts: number;
      readonly MaximumEventAgeInSeconds: number;
      readonly DestinationConfig: { readonly OnFailure: { readonly Destination: string } };
    };
    const logging = Configuration['LoggingConfig'] as { LogFormat: 'JSON' | 'Text'; LogGroup: string };
    const zip = await fetch(Code.Location);
    return {
      configuration: {
        name: Configuration['FunctionName'] as string,
        arn: Configuration['FunctionArn'] as string,
        region: this.region,
        handler: Configuration['Handler'] as string,
        runtime: Configuration['Runtime'] as string,
        memoryMegabytes: Configuration['MemorySize'] as number,
        timeoutSeconds: Configuration['Timeout'] as number,
        logFormat: logging.LogFormat,
        logGroup: logging.LogGroup,
        environment: (Configuration['Environment'] as { Variables: Record<string, string> }).Variables,
        zip: new Uint8Array(await zip.arrayBuffer()),
      },
      roleName: (Configuration['Role'] as string).split('/').at(-1)!,
      events: {
        maximumRetryAttempts: invoke.MaximumRetryAttempts,
        maximumEventAgeSeconds: invoke.MaximumEventAgeInSeconds,
      },
      failureQueueArn: invoke.DestinationConfig.OnFailure.Destination,
    };
  }

  /** Who may invoke the function. Without other callers, it has no policy. */
  async fetchFunctionPolicy(name: string): Promise<readonly PolicyStatement[]> {
    const answer = await this.#callLambda('GET', `2015-03-31/functions/${name}/policy`, [404]);
    return 'Policy' in answer ? parsePolicy(answer['Policy'] as string) : [];
  }

  async removePermission(functionName: string, statement: string): Promise<void> {
    await this.#callLambda('DELETE', `2015-03-31/functions/${functionName}/policy/${statement}`);
  }

  /** The role's permissions. @throws Error if they are not only in inline policies. */
  async fetchRolePolicy(roleName: string): Promise<readonly PolicyStatement[]> {
    const attached = await this.#callIam({ Action: 'ListAttachedRolePolicies', RoleName: roleName });
    if (attached.includes('<PolicyArn>')) throw new Error(`${roleName} has policies other than inline ones`);
    const names = await this.#callIam({ Action: 'ListRolePolicies', RoleName: roleName });
    const policies = [...names.matchAll(/<member>([^<]+)<\/member>/g)].map(async ([, name]) => {
      const policy = await this.#callIam({
        Action: 'GetRolePolicy',
        RoleName: roleName,
        PolicyName: name!,
      });
      const document = /<PolicyDocument>([^<]+)<\/PolicyDocument>/.exec(policy)?.[1] ?? '';
      return parsePolicy(decodeURIComponent(document));
    });
    return (await Promise.all(policies)).flat();
  }

  /** The enabled rules of the default bus. */
  async listRules(): Promise<readonly EventRule[]> {
    const { Rules } = (await this.#callJson('events', 'AWSEvents.ListRules', {})) as {
      readonly Rules: readonly {
        readonly Name: string;
        readonly Arn: string;
        readonly EventPattern: string;
        readonly State: string;
      }[];
    };
    const enabled = Rules.filter(({ State }) => State === 'ENABLED');
    return Promise.all(
      enabled.map(async ({ Name, Arn, EventPattern }) => {
        const { Targets } = (await this.#callJson('events', 'AWSEvents.ListTargetsByRule', {
          Rule: Name,
        })) as {
          readonly Targets: readonly { readonly Arn: string; readonly DeadLetterConfig: { Arn: string } }[];
        };
        return {
          name: Name,
          arn: Arn,
          pattern: EventPattern,
          targets: Targets.map((target) => ({
            arn: target.Arn,
            deadLetterQueueArn: target.DeadLetterConfig.Arn,
          })),
        };
      }),
    );
  }

  async fetchQueuePolicy(queueArn: string): Promise<readonly PolicyStatement[]> {
    const { Attributes } = (await this.#callQueue('GetQueueAttributes', queueArn, {
      AttributeNames: ['Policy'],
    })) as { readonly Attributes: { readonly Policy: string } };
    return parsePolicy(Attributes.Policy);
  }

  async sendMessage(
    queueArn: string,
    body: unknown,
    attributes: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.#callQueue('SendMessage', queueArn, {
      MessageBody: JSON.stringify(body),
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
      ),
    });
  }

  /** Receives and deletes all messages in a queue. */
  async takeMessages(queueArn: string): Promise<readonly QueueMessage[]> {
    const taken: QueueMessage[] = [];
    for (;;) {
      const { Messages = [] } = (await this.#callQueue('ReceiveMessage', queueArn, {
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
      })) as {
        readonly Messages?: readonly {
          readonly Body: string;
          readonly ReceiptHandle: string;
          readonly MessageAttributes?: Readonly<Record<string, { readonly StringValue: string }>>;
        }[];
      };
      if (Messages.length === 0) return taken;
      for (const { Body, ReceiptHandle, MessageAttributes = {} } of Messages) {
        const attributes = Object.entries(MessageAttributes).map(([name, value]) => [
          name,
          value.StringValue,
        ]);
        taken.push({
          body: JSON.parse(Body),
          attributes: Object.fromEntries(attributes) as Record<string, string>,
        });
        await this.#callQueue('DeleteMessage', queueArn, { ReceiptHandle });
      }
    }
  }

  /**
   * All resources of an instance of the module, by service, in AWS's own format: two results are equal if nothing has
   * changed between them.
   *
   * @param name The instance's name.
   */
  async describeInstance(name: string): Promise<Readonly<Record<string, string>>> {
    const cloudWatch = (parameters: Readonly<Record<string, string>>) =>
      this.#callQuery('monitoring', { Version: '2010-08-01', ...parameters });
    const json = async (service: string, target: string, input: Json) =>
      JSON.stringify(await this.#callJson(service, target, input));
    const place = `${this.region}:123456789012`;
    const roles = ['filter', 'generator', 'schedule', 'scheduler'].map(
      (key) => `${name}-${this.region}-${key}`,
    );
    return {
      rule: JSON.stringify(await this.listRules()),
      'tags of the rule': await json('events', 'AWSEvents.ListTagsForResource', {
        ResourceARN: `arn:aws:events:${place}:rule/${name}-image-push`,
      }),
      queue: JSON.stringify(
        await this.#callQueue('GetQueueAttributes', `arn:aws:sqs:${place}:${name}-failures`, {
          AttributeNames: ['All'],
        }),
      ),
      'log groups': await json('logs', 'Logs_20140328.DescribeLogGroups', {}),
      alarms: await cloudWatch({ Action: 'DescribeAlarms' }),
      dashboard: await cloudWatch({ Action: 'GetDashboard', DashboardName: `${name}-${this.region}` }),
      functions: await this.#call('lambda', '/2015-03-31/functions', { method: 'GET' }),
      roles: await this.#callIam({ Action: 'ListRoles' }),
      policies: JSON.stringify(await Promise.all(roles.map((role) => this.fetchRolePolicy(role)))),
      'state machine': await json('states', 'AWSStepFunctions.DescribeStateMachine', {
        stateMachineArn: `arn:aws:states:${place}:stateMachine:${name}-schedule`,
      }),
      schedule: await this.#call('scheduler', `/schedules/${name}-schedule`, { method: 'GET' }),
    };
  }

  /** @param accepted Statuses that are not an error. */
  async #callLambda(method: string, path: string, accepted: readonly number[] = []): Promise<Json> {
    const text = await this.#call('lambda', `/${path}`, { method }, accepted);
    return text === '' ? {} : (JSON.parse(text) as Json);
  }

  #callIam(parameters: Readonly<Record<string, string>>): Promise<string> {
    return this.#callQuery('iam', { Version: '2010-05-08', ...parameters });
  }

  async #callQuery(service: string, parameters: Readonly<Record<string, string>>): Promise<string> {
    const answer = await this.#call(service, '/', { method: 'POST', body: new URLSearchParams(parameters) });
    return answer.replace(/<RequestId>[^<]*<\/RequestId>/, '');
  }

  async #callQueue(action: string, queueArn: string, input: Json): Promise<Json> {
    const { QueueUrl } = await this.#callJson('sqs', 'AmazonSQS.GetQueueUrl', {
      QueueName: queueArn.split(':').at(-1),
    });
    return this.#callJson('sqs', `AmazonSQS.${action}`, { QueueUrl, ...input });
  }

  async #callJson(service: string, target: string, input: Json): Promise<Json> {
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target };
    const text = await this.#call(service, '/', { method: 'POST', headers, body: JSON.stringify(input) });
    return text === '' ? {} : (JSON.parse(text) as Json);
  }

  /** The emulator does not verify signatures, but reads service and region from them. */
  async #call(
    service: string,
    path: string,
    request: { method: string; headers?: Record<string, string>; body?: string | URLSearchParams },
    accepted: readonly number[] = [],
  ): Promise<string> {
    const scope = `emulated/20260101/${this.region}/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`;
    const answer = await fetch(`${this.url}${path}`, {
      ...request,
      headers: { ...request.headers, authorization },
    });
    const text = await answer.text();
    if (!answer.ok && !accepted.includes(answer.status)) {
      throw new Error(`${service} answered ${answer.status} to ${path}: ${text}`);
    }
    return text;
  }
}
