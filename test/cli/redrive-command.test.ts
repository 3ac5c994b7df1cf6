import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Finished, runSociIndex } from '../helpers/command-line.ts';

const digest = `sha256:${'a'.repeat(64)}`;

/** As EventBridge sends it. */
function eventOf(tag: string): Record<string, unknown> {
  return {
    version: '0',
    id: '13cde686-328b-6117-af20-0e5566167482',
    'detail-type': 'ECR Image Action',
    source: 'aws.ecr',
    account: '111122223333',
    time: '2026-01-01T00:00:00Z',
    region: 'eu-west-1',
    resources: [],
    detail: {
      'action-type': 'PUSH',
      result: 'SUCCESS',
      'repository-name': 'team/app',
      'image-digest': digest,
      'image-tag': tag,
    },
  };
}

/** As Lambda sends it to a destination. */
function recordOf(requestPayload: unknown): Record<string, unknown> {
  return {
    version: '1.0',
    timestamp: '2026-01-01T00:10:00Z',
    requestContext: {
      requestId: 'e4b46cbf',
      functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:someone-elses:$LATEST',
      condition: 'RetriesExhausted',
      approximateInvokeCount: 3,
    },
    requestPayload,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: { errorMessage: 'the function timed out' },
  };
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly errorType?: string;
}

/** SQS and Lambda on one loopback address, as the SDK speaks to them. What was called stands in `calls`, in order. */
class Aws {
  readonly calls: string[] = [];
  readonly invoked: { readonly functionName: string; readonly event: unknown }[] = [];
  /** Messages by their receipt handles, not hidden. */
  readonly #visible = new Map<string, string>();
  readonly #hidden = new Map<string, string>();
  readonly #server: Server;
  refuse: (call: string) => Answer | undefined = () => undefined;

  constructor(bodies: readonly string[]) {
    bodies.forEach((body, index) => this.#visible.set(`m${index + 1}`, body));
    this.#server = createServer((request, response) => {
      void readBody(request).then((text) => {
        const { status, body, errorType } = this.#answer(
          request,
          JSON.parse(text) as Record<string, unknown>,
        );
        response.writeHead(status, {
          'content-type': 'application/x-amz-json-1.0',
          ...(errorType !== undefined && { 'x-amzn-errortype': errorType }),
        });
        response.end(JSON.stringify(body ?? {}));
      });
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) =>
      this.#server.close(() => {
        resolve();
      }),
    );
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get queueUrl(): string {
    return `${this.url}/111122223333/failures`;
  }

  /** What is still in the queue, and what of it is to be had at once. */
  get left(): { readonly visible: readonly string[]; readonly hidden: readonly string[] } {
    return { visible: [...this.#visible.keys()].sort(), hidden: [...this.#hidden.keys()].sort() };
  }

  #answer(request: IncomingMessage, input: Record<string, unknown>): Answer {
    const functionName = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.url ?? '')?.[1];
    const handle = typeof input['ReceiptHandle'] === 'string' ? input['ReceiptHandle'] : '';
    const action =
      functionName === undefined
        ? String(request.headers['x-amz-target']).replace('AmazonSQS.', '')
        : 'Invoke';
    const detail = (input['detail'] as Record<string, string> | undefined)?.['image-tag'] ?? handle;
    const call = detail === '' ? action : `${action} ${detail}`;
    this.calls.push(call);
    const refusal = this.refuse(call);
    if (refusal !== undefined) return refusal;
    switch (action) {
      case 'Invoke':
        expect(request.headers['x-amz-invocation-type']).toBe('Event');
        this.invoked.push({ functionName: decodeURIComponent(functionName!), event: input });
        return { status: 202 };
      case 'ReceiveMessage': {
        expect(input['QueueUrl']).toBe(this.queueUrl);
        const batch = [...this.#visible].slice(0, Number(input['MaxNumberOfMessages']));
        for (const [name, body] of batch) {
          this.#visible.delete(name);
          this.#hidden.set(name, body);
        }
        const messages = batch.map(([name, body]) => ({
          MessageId: name,
          ReceiptHandle: name,
          Body: body,
          MD5OfBody: createHash('md5').update(body).digest('hex'),
        }));
        return { status: 200, body: messages.length === 0 ? {} : { Messages: messages } };
      }
      case 'DeleteMessage':
        return this.#hidden.delete(handle) ? { status: 200 } : { status: 400 };
      case 'ChangeMessageVisibility':
        expect(input['VisibilityTimeout']).toBe(0);
        this.#visible.set(handle, this.#hidden.get(handle)!);
        this.#hidden.delete(handle);
        return { status: 200 };
      default:
        return { status: 404 };
    }
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const opened: Aws[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((aws) => aws.close()));
});

async function openAws(messages: readonly unknown[]): Promise<Aws> {
  const aws = new Aws(messages.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))));
  await aws.listen();
  opened.push(aws);
  return aws;
}

function redrive(aws: Aws, ...args: readonly string[]): Promise<Finished> {
  return redriveWith(aws, '--function', 'soci-filter', ...args);
}

function redriveWith(aws: Aws, ...args: readonly string[]): Promise<Finished> {
  return runSociIndex(['redrive', aws.queueUrl, ...args], {
    AWS_ENDPOINT_URL_SQS: aws.url,
    AWS_ENDPOINT_URL_LAMBDA: aws.url,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'never-to-be-seen',
    AWS_MAX_ATTEMPTS: '1',
  });
}

describe('soci-index redrive', () => {
  test('invokes the filter with the original events, and deletes each message only then', async () => {
    const aws = await openAws([
      eventOf('undelivered'),
      recordOf(eventOf('filter-failed')),
      recordOf(recordOf(eventOf('nested'))),
      recordOf({ ...eventOf('handed-on'), 'soci-index-builder-continuation': { hops: 10, finished: [] } }),
    ]);
    const { exitCode, stdout } = await redrive(aws, '--json');
    expect(exitCode).toBe(0);
    expect(aws.calls).toEqual([
      'ReceiveMessage',
      ...['Invoke undelivered', 'DeleteMessage m1', 'Invoke filter-failed', 'DeleteMessage m2'],
      ...['Invoke nested', 'DeleteMessage m3', 'Invoke handed-on', 'DeleteMessage m4'],
      'ReceiveMessage',
    ]);
    expect(aws.invoked).toEqual(
      ['undelivered', 'filter-failed', 'nested', 'handed-on'].map((tag) => ({
        // The one that was given, whatever function a message names.
        functionName: 'soci-filter',
        event: eventOf(tag),
      })),
    );
    expect(aws.left).toEqual({ visible: [], hidden: [] });
    expect(JSON.parse(stdout)).toEqual({
      queue: aws.queueUrl,
      function: 'soci-filter',
      redriven: 4,
      left: 0,
      failed: 0,
      messages: ['undelivered', 'filter-failed', 'nested', 'handed-on'].map((tag, index) => ({
        id: `m${index + 1}`,
        status: 'redriven',
        image: `team/app:${tag}@${digest}`,
      })),
    });
  });

  test('leaves what it does not know, and says why', async () => {
    const nested = [1, 2, 3, 4].reduce<unknown>((inner) => recordOf(inner), eventOf('x'));
    const unknown: readonly (readonly [unknown, string])[] = [
      ['hello', 'it is not JSON'],
      [[1], 'it contains no event'],
      [recordOf(null), 'it contains no event'],
      [{ source: 'aws.s3', detail: {} }, 'it contains no ECR event: its source is "aws.s3"'],
      [{ detail: {} }, 'it contains no ECR event: its source is missing'],
      [{ source: 'aws.ecr' }, 'it contains no ECR event: its source is "aws.ecr"'],
      [nested, 'its records are nested too deeply'],
      [{ source: '\u001b[2J', detail: {} }, 'it contains no ECR event: its source is "\\u001b[2J"'],
    ];
    const aws = await openAws([...unknown.map(([message]) => message), eventOf('known')]);
    const { exitCode, stdout, stderr } = await redrive(aws);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '9 messages: 1 redriven, 8 left\n' });
    expect(stderr.split('\n').filter((line) => line.includes(': left'))).toEqual(
      unknown.map(
        ([, problem], index) =>
          `message m${index + 1}: left (the message does not hold an ECR event: ${problem})`,
      ),
    );
    expect(aws.invoked).toHaveLength(1);
    expect(aws.left).toEqual({ visible: unknown.map((_, index) => `m${index + 1}`), hidden: [] });
  });

  test('does not lose an event whose filter cannot be invoked: its message stays, the others go on', async () => {
    const aws = await openAws([eventOf('refused'), eventOf('taken')]);
    aws.refuse = (call) =>
      call === 'Invoke refused'
        ? { status: 404, errorType: 'ResourceNotFoundException', body: { Message: 'Function not found' } }
        : undefined;
    const { exitCode, stdout } = await redrive(aws, '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      redriven: 1,
      failed: 1,
      messages: [
        {
          id: 'm1',
          status: 'failed',
          reason: 'aws-error',
          message: expect.stringContaining('Function not found') as unknown,
        },
        { id: 'm2', status: 'redriven' },
      ],
    });
    expect(aws.calls).not.toContain('DeleteMessage m1');
    expect(aws.left).toEqual({ visible: ['m1'], hidden: [] });
  });

  test('says where a message was sent but not deleted', async () => {
    const aws = await openAws([eventOf('v1')]);
    aws.refuse = (call) =>
      call === 'DeleteMessage m1'
        ? { status: 403, errorType: 'AccessDeniedException', body: { message: 'not allowed' } }
        : undefined;
    const { exitCode, stderr } = await redrive(aws);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      '(the event was sent again, but its message is still in the queue: not allowed)',
    );
  });

  test('with --dry-run shows every message and leaves it to be had at once', async () => {
    const aws = await openAws(Array.from({ length: 12 }, (_, index) => eventOf(`v${index}`)));
    const { exitCode, stdout, stderr } = await redrive(aws, '--dry-run');
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: '12 messages: 0 redriven, 12 would be redriven (dry run)\n',
    });
    expect(stderr).toContain(`message m12: dry-run team/app:v11@${digest}`);
    expect(aws.invoked).toEqual([]);
    expect(aws.left.visible).toHaveLength(12);
  });

  test('with --dry-run needs no function, and shows why each event failed', async () => {
    const aws = await openAws([recordOf(eventOf('v1')), eventOf('v2')]);
    const { exitCode, stderr } = await redriveWith(aws, '--dry-run');
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(
      /message m1: dry-run team\/app:v1@sha256:\w+ \(RetriesExhausted: the function timed out\)\n/,
    );
    expect(stderr).toMatch(/message m2: dry-run team\/app:v2@sha256:\w+\n/);
  });

  test('with --max takes no more messages out of the queue than that', async () => {
    const aws = await openAws(Array.from({ length: 14 }, (_, index) => eventOf(`v${index}`)));
    const { stdout } = await redrive(aws, '--max', '11');
    expect(stdout).toBe('11 messages: 11 redriven\n');
    expect(aws.left.visible).toEqual(['m12', 'm13', 'm14']);
  });

  test('ends where a message that it left comes again', async () => {
    const aws = await openAws([{ source: 'aws.s3', detail: {} }]);
    aws.refuse = (call) => {
      if (call !== 'ReceiveMessage') return undefined;
      const body = '{}';
      const message = { MessageId: 'again', ReceiptHandle: `r${aws.calls.length}`, Body: body };
      const md5 = createHash('md5').update(body).digest('hex');
      return { status: 200, body: { Messages: [{ ...message, MD5OfBody: md5 }] } };
    };
    const { stdout } = await redrive(aws);
    expect(stdout).toBe('1 message: 0 redriven, 1 left\n');
    expect(aws.calls.filter((call) => call === 'ReceiveMessage')).toHaveLength(2);
  });

  test('an empty queue is not a failure', async () => {
    const { exitCode, stdout } = await redrive(await openAws([]));
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'no messages in the queue\n' });
  });

  test('a queue that cannot be read is one, in words that have no secret', async () => {
    const aws = await openAws([]);
    aws.refuse = () => ({
      status: 400,
      errorType: 'AWS.SimpleQueueService.NonExistentQueue',
      body: { __type: 'com.amazonaws.sqs#QueueDoesNotExist', message: 'The specified queue does not exist.' },
    });
    const { exitCode, stdout, stderr } = await redrive(aws);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('The specified queue does not exist.');
    expect(stdout + stderr).not.toContain('never-to-be-seen');
  });

  test.each<readonly [string, readonly string[], RegExp]>([
    ['no function', ['http://127.0.0.1:9/1/q'], /--function is missing/],
    ['an invalid address', ['failures', '--function', 'f'], /expected the URL of an SQS queue/],
    ['an address of another kind', ['file:///a/b', '--function', 'f'], /expected the URL of an SQS queue/],
    [
      'a function that is a path',
      ['http://127.0.0.1:9/1/q', '--function', '../f'],
      /name or ARN of a Lambda function/,
    ],
    ['no message at all', ['http://127.0.0.1:9/1/q', '--function', 'f', '--max', '0'], /1 or more/],
  ])('%s: wrong usage', async (_, args, words) => {
    const { exitCode, stderr } = await runSociIndex(['redrive', ...args]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(words);
  });
});
