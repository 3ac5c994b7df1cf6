// Lambda's event queue for one function: failed events are retried, and those that fail again go to the on-failure
// destination, in AWS's format. Events are processed one after the other.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
import { randomUUID } from 'node:crypto';
import type { ExecutionEnvironment, InvocationResult } from './execution-environment.ts';

/** https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html */
export interface EventInvokeConfiguration {
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeSeconds: number;
}

/** One attempt at one event. */
export interface Attempt {
  /** The same for all attempts at an event. */
  readonly requestId: string;
  readonly event: unknown;
  readonly result: InvocationResult;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
export interface DestinationRecord {
  readonly version: '1.0';
  readonly timestamp: string;
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: 'RetriesExhausted' | 'EventAgeExceeded';
    readonly approximateInvokeCount: number;
  };
  readonly requestPayload: unknown;
  readonly responseContext: {
    readonly statusCode: 200;
    readonly executedVersion: '$LATEST';
    readonly functionError: 'Unhandled';
  };
  readonly responsePayload: unknown;
}

/** Lambda's delays before the second and third attempt. Here, they only increase the event's age. */
const retryWaitSeconds = [60, 120];

export class EventQueue {
  readonly attempts: Attempt[] = [];
  #last: Promise<void> = Promise.resolve();

  constructor(
    readonly environment: ExecutionEnvironment,
    readonly configuration: EventInvokeConfiguration,
    readonly sendToDestination: (record: DestinationRecord) => Promise<void>,
  ) {}

  add(event: unknown): void {
    const delivered = this.#last.then(() => this.#deliver(event));
    this.#last = delivered;
    delivered.catch(() => {}); // drain() reports the error
  }

  /** Resolves when every event has been processed. @throws The error of sending a record to its destination. */
  async drain(): Promise<void> {
    for (let last; last !== this.#last;) {
      last = this.#last;
      await last;
    }
  }

  async #deliver(event: unknown): Promise<void> {
    const requestId = randomUUID();
    let ageSeconds = 0;
    for (let retry = 0; ; retry++) {
      const result = await this.environment.invoke(requestId, event);
      this.attempts.push({ requestId, event, result });
      if (result.status === 'returned') return;
      ageSeconds += retryWaitSeconds[retry] ?? 0;
      const isExhausted = retry >= this.configuration.maximumRetryAttempts;
      if (!isExhausted && ageSeconds < this.configuration.maximumEventAgeSeconds) continue;
      await this.sendToDestination({
        version: '1.0',
        timestamp: new Date().toISOString(),
        requestContext: {
          requestId,
          functionArn: `${this.environment.configuration.arn}:$LATEST`,
          condition: isExhausted ? 'RetriesExhausted' : 'EventAgeExceeded',
          approximateInvokeCount: retry + 1,
        },
        requestPayload: event,
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        responsePayload: result.payload,
      });
      return;
    }
  }
}
