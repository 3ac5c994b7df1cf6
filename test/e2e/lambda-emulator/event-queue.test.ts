// Runs small functions in the emulator, to test what the tests of the applied stack rely on.
import { afterEach, expect, test } from '@jest/globals';
import { zipSync } from 'fflate';
import { describeWithTools } from '../../helpers/needed-tools.ts';
import { type DestinationRecord, type EventInvokeConfiguration, EventQueue } from './event-queue.ts';
import { ExecutionEnvironment, type FunctionConfiguration } from './execution-environment.ts';
import { findRuntimeFault } from './runtime-tools.ts';

const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:small';

describeWithTools('the Lambda emulator', findRuntimeFault(), () => {
  let environment: ExecutionEnvironment | undefined;

  afterEach(async () => {
    await environment?.close();
  });

  /** Processes the events with a function whose module is `source`. */
  async function run(
    source: string,
    events: readonly unknown[],
    configuration: Partial<FunctionConfiguration & EventInvokeConfiguration> = {},
  ) {
    environment = await ExecutionEnvironment.create(
      {
        name: 'small',
        arn,
        region: 'eu-west-1',
        handler: 'index.handler',
        runtime: 'nodejs22.x',
        memoryMegabytes: 256,
        timeoutSeconds: 30,
        logFormat: 'JSON',
        logGroup: '/aws/lambda/small',
        environment: { OWN: 'variable' },
        zip: zipSync({ 'index.mjs': Buffer.from(source) }),
        ...configuration,
      },
      { SURROUNDING: 'variable' },
    );
    const records: DestinationRecord[] = [];
    const queue = new EventQueue(
      environment,
      { maximumRetryAttempts: 2, maximumEventAgeSeconds: 21600, ...configuration },
      (record) => {
        records.push(record);
        return Promise.resolve();
      },
    );
    for (const event of events) queue.add(event);
    await queue.drain();
    return { attempts: queue.attempts, records, lines: environment.readLines() };
  }

  const valuesOf = ({ attempts }: Awaited<ReturnType<typeof run>>) =>
    attempts.map(({ result }) => result.payload);

  test('a function gets its event, context and variables on Node 22, and stays warm', async () => {
    const ran = await run(
      `let count = 0;
       export const handler = async (event, context) => ({
         event,
         count: ++count,
         node: process.version.split('.')[0],
         arn: context.invokedFunctionArn,
         name: context.functionName,
         memory: context.memoryLimitInMB,
         isNear: context.getRemainingTimeInMillis() <= 30000 && context.getRemainingTimeInMillis() > 20000,
         variables: [process.env.OWN, process.env.SURROUNDING, process.env.AWS_REGION],
         requestId: context.awsRequestId,
       });`,
      [{ first: 1 }, { second: 'zwei' }],
    );
    const common = {
      node: 'v22',
      arn,
      name: 'small',
      memory: '256',
      isNear: true,
      variables: ['variable', 'variable', 'eu-west-1'],
    };
    expect(valuesOf(ran)).toEqual([
      { ...common, count: 1, event: { first: 1 }, requestId: ran.attempts[0]!.requestId },
      { ...common, count: 2, event: { second: 'zwei' }, requestId: ran.attempts[1]!.requestId },
    ]);
    expect(ran.attempts[0]!.requestId).not.toBe(ran.attempts[1]!.requestId);
    expect(ran.records).toEqual([]);
  });

  test('an event that fails on every attempt goes to the destination, in AWS’s format', async () => {
    const ran = await run(`export const handler = async () => { throw new RangeError('no'); };`, [{ a: 1 }]);
    const [{ requestId } = { requestId: '' }] = ran.attempts;
    expect(ran.attempts.map((attempt) => attempt.requestId)).toEqual([requestId, requestId, requestId]);
    expect(ran.records).toEqual([
      {
        version: '1.0',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        requestContext: {
          requestId,
          functionArn: `${arn}:$LATEST`,
          condition: 'RetriesExhausted',
          approximateInvokeCount: 3,
        },
        requestPayload: { a: 1 },
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        responsePayload: {
          errorType: 'RangeError',
          errorMessage: 'no',
          trace: expect.arrayContaining(['RangeError: no']),
        },
      },
    ]);
  });

  test.each([
    { retries: 0, ageSeconds: 21600, condition: 'RetriesExhausted', attempts: 1 },
    { retries: 1, ageSeconds: 21600, condition: 'RetriesExhausted', attempts: 2 },
    { retries: 2, ageSeconds: 60, condition: 'EventAgeExceeded', attempts: 1 },
    { retries: 2, ageSeconds: 61, condition: 'EventAgeExceeded', attempts: 2 },
    { retries: 2, ageSeconds: 180, condition: 'EventAgeExceeded', attempts: 2 },
    { retries: 2, ageSeconds: 181, condition: 'RetriesExhausted', attempts: 3 },
  ])(
    'makes $attempts attempts with $retries retries and a maximum age of $ageSeconds s',
    async ({ retries, ageSeconds, condition, attempts }) => {
      const ran = await run(`export const handler = async () => { throw new Error('no'); };`, [{}], {
        maximumRetryAttempts: retries,
        maximumEventAgeSeconds: ageSeconds,
      });
      expect(ran.attempts).toHaveLength(attempts);
      expect(ran.records.map(({ requestContext }) => requestContext)).toMatchObject([
        { condition, approximateInvokeCount: attempts },
      ]);
    },
  );

  test('an event that succeeds on the second attempt is not sent to the destination', async () => {
    const ran = await run(
      `let count = 0;
       export const handler = async () => { if (++count < 2) throw new Error('no'); return count; };`,
      [{}],
    );
    expect(ran.attempts.map(({ result }) => result.status)).toEqual(['failed', 'returned']);
    expect(ran.records).toEqual([]);
  });

  test.each([
    {
      what: 'takes too long',
      body: `await new Promise((resolve) => setTimeout(resolve, 60000));`,
      errorType: 'Sandbox.Timedout',
      problem: 'Task timed out after 1.00 seconds',
    },
    {
      what: 'ends its process',
      body: `process.exit(3);`,
      errorType: 'Runtime.ExitError',
      problem: 'Runtime exited with error: exit status 3',
    },
  ])('a function that $what fails, and starts cold the next time', async ({ body, errorType, problem }) => {
    const ran = await run(
      `let count = 0;
       export const handler = async (event) => { count++; if (event.fails) { ${body} } return count; };`,
      [{}, { fails: true }, {}],
      { timeoutSeconds: 1, maximumRetryAttempts: 0 },
    );
    const errorMessage = `RequestId: ${ran.attempts[1]!.requestId} Error: ${problem}`;
    expect(valuesOf(ran)).toEqual([1, { errorType, errorMessage }, 1]);
    expect(ran.records).toMatchObject([{ responsePayload: { errorType } }]);
  });

  test('a function that cannot be loaded fails', async () => {
    const ran = await run(`import 'no-such-package';`, [{}], { maximumRetryAttempts: 1 });
    const error = { errorMessage: expect.stringContaining("Cannot find package 'no-such-package'") };
    expect(valuesOf(ran)).toMatchObject([error, error]);
  });

  test.each([
    {
      logFormat: 'JSON',
      line: /^\{"timestamp":"[^"]+","level":"INFO","requestId":"[^"]+","message":"two words"\}$/,
    },
    { logFormat: 'Text', line: /^\S+Z\t\S+\tINFO\ttwo words$/ },
  ] as const)(
    'console.log writes as it does on Lambda with the log format $logFormat',
    async ({ logFormat, line }) => {
      const ran = await run(
        `export const handler = async () => { console.log('two words'); process.stdout.write('own\\n'); };`,
        [{}],
        { logFormat },
      );
      expect(ran.lines).toEqual([expect.stringMatching(line), 'own']);
    },
  );
});
