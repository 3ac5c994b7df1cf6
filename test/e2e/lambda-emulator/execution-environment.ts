// One execution environment of a Lambda function: its unpacked zip, a process that runs it under AWS's runtime client, and
// the Runtime API that the client polls. It stays warm between invocations.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { nodePath, runtimeClientPath, runtimeName } from './runtime-tools.ts';

/** A function, as configured in the account. */
export interface FunctionConfiguration {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  /** `index.handler` */
  readonly handler: string;
  readonly runtime: string;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  readonly logFormat: 'JSON' | 'Text';
  readonly logGroup: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly zip: Uint8Array;
}

export type InvocationResult =
  | { readonly status: 'returned'; readonly payload: unknown }
  /** It threw, exited or timed out. Lambda reports all of these as `Unhandled`. */
  | { readonly status: 'failed'; readonly payload: FunctionError };

export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
}

/** The current invocation. An environment handles one at a time. */
interface Invocation {
  readonly requestId: string;
  readonly event: string;
  readonly deadlineMilliseconds: number;
  readonly end: (result: InvocationResult) => void;
}

const runtimeApi = '/2018-06-01/runtime';

export class ExecutionEnvironment {
  readonly #folder = mkdtempSync(join(tmpdir(), 'soci-lambda-'));
  readonly #server: Server;
  #process: ChildProcess | undefined;
  #invocation: Invocation | undefined;
  /** The runtime's pending request for the next invocation. */
  #waiting: ServerResponse | undefined;

  /**
   * @param surroundings Variables of the environment in addition to the function's own: credentials and endpoints.
   */
  static async create(
    configuration: FunctionConfiguration,
    surroundings: Readonly<Record<string, string>>,
  ): Promise<ExecutionEnvironment> {
    const { name, runtime } = configuration;
    if (runtime !== runtimeName)
      throw new Error(`${name} needs ${runtime}, but only ${runtimeName} is available`);
    const environment = new ExecutionEnvironment(configuration, surroundings);
    environment.#server.listen(0, '127.0.0.1');
    await once(environment.#server, 'listening');
    return environment;
  }

  private constructor(
    readonly configuration: FunctionConfiguration,
    readonly surroundings: Readonly<Record<string, string>>,
  ) {
    for (const [name, bytes] of Object.entries(unzipSync(configuration.zip))) {
      const path = join(this.#taskRoot, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, bytes);
    }
    writeFileSync(this.#outputPath, '');
    this.#server = createServer((request, response) => {
      void this.#answer(request, response);
    });
  }

  /** All lines that the function has printed so far. */
  readLines(): readonly string[] {
    return readFileSync(this.#outputPath, 'utf8').split('\n').slice(0, -1);
  }

  async invoke(requestId: string, event: unknown): Promise<InvocationResult> {
    const { timeoutSeconds } = this.configuration;
    this.#process ??= this.#start();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#abandonProcess()?.kill('SIGKILL');
        this.#fail('Sandbox.Timedout', `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`);
      }, timeoutSeconds * 1000);
      this.#invocation = {
        requestId,
        event: JSON.stringify(event),
        deadlineMilliseconds: Date.now() + timeoutSeconds * 1000,
        end: (result) => {
          clearTimeout(timer);
          this.#invocation = undefined;
          resolve(result);
        },
      };
      this.#handOver();
    });
  }

  async close(): Promise<void> {
    const left = this.#abandonProcess();
    if (left !== undefined) {
      const ended = once(left, 'close');
      left.kill('SIGKILL');
      await ended;
    }
    this.#server.close();
    this.#server.closeAllConnections();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #taskRoot(): string {
    return join(this.#folder, 'task');
  }

  get #outputPath(): string {
    return join(this.#folder, 'output.log');
  }

  #start(): ChildProcess {
    // A file instead of a pipe: everything printed before an answer is available with the answer.
    const output = openSync(this.#outputPath, 'a');
    const child = spawn(nodePath, [runtimeClientPath], {
      cwd: this.#taskRoot,
      env: this.#variables(),
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    child.once('close', (exitCode) => {
      if (this.#process !== child) return;
      this.#abandonProcess();
      this.#fail('Runtime.ExitError', `Runtime exited with error: exit status ${String(exitCode)}`);
    });
    return child;
  }

  /** The next invocation starts with a new process. */
  #abandonProcess(): ChildProcess | undefined {
    const abandoned = this.#process;
    this.#process = undefined;
    this.#waiting = undefined;
    return abandoned;
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
  #variables(): NodeJS.ProcessEnv {
    const { name, region, handler, runtime, memoryMegabytes, logFormat, logGroup, environment } =
      this.configuration;
    return {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      LANG: 'en_US.UTF-8',
      TZ: ':UTC',
      _HANDLER: handler,
      LAMBDA_TASK_ROOT: this.#taskRoot,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_FORMAT: logFormat,
      AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
      AWS_LAMBDA_LOG_STREAM_NAME: 'emulated',
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
      ...this.surroundings,
      ...environment,
    };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    const path = request.url?.slice(runtimeApi.length);
    if (path === '/invocation/next') {
      this.#waiting = response;
      this.#handOver();
      return;
    }
    response.writeHead(202).end();
    const payload: unknown = JSON.parse(Buffer.concat(pieces).toString());
    const [, requestId, kind] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path ?? '') ?? [];
    if (path === '/init/error') {
      // The runtime exits by itself now.
      this.#abandonProcess();
    } else if (requestId !== this.#invocation?.requestId) {
      return;
    }
    this.#invocation?.end(
      kind === 'response'
        ? { status: 'returned', payload }
        : { status: 'failed', payload: payload as FunctionError },
    );
  }

  /** Passes the invocation to the runtime, once both are ready. */
  #handOver(): void {
    if (this.#waiting === undefined || this.#invocation === undefined) return;
    const { requestId, event, deadlineMilliseconds } = this.#invocation;
    this.#waiting.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': requestId,
      'lambda-runtime-deadline-ms': String(deadlineMilliseconds),
      'lambda-runtime-invoked-function-arn': this.configuration.arn,
    });
    this.#waiting.end(event);
    this.#waiting = undefined;
  }

  #fail(errorType: string, problem: string): void {
    const errorMessage = `RequestId: ${this.#invocation?.requestId ?? ''} Error: ${problem}`;
    this.#invocation?.end({ status: 'failed', payload: { errorType, errorMessage } });
  }
}
