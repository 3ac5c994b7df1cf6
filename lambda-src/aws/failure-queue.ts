// The dead-letter queue (failures.tf), through SQS's ReceiveMessage, DeleteMessage and ChangeMessageVisibility.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
import type * as Sqs from '@aws-sdk/client-sqs';
import { ConfigError } from '../core/errors.ts';
import { quoteText } from '../core/oci/quotation.ts';
import { sqsRegionOf } from './partition.ts';
import { requestHandling } from './request-handling.ts';

export interface QueuedMessage {
  readonly id: string;
  readonly body: string;
  /** Identifies this receipt of the message: each receipt has its own. */
  readonly receiptHandle: string;
}

/** The maximum number of messages that SQS returns at once. */
const maximumBatch = 10;

/** SQS queries all its servers only for a request that waits. Without waiting, a queue with few messages may look empty. */
const waitSeconds = 2;

/** Time for which a received message is hidden from others; longer than a batch takes with all its retries. */
const hiddenSeconds = 300;

export class FailureQueue {
  readonly #url: string;
  readonly #client: Sqs.SQSClient;
  readonly #sqs: typeof Sqs;

  private constructor(url: string, sqs: typeof Sqs) {
    this.#url = url;
    this.#sqs = sqs;
    const region = sqsRegionOf(new URL(url).hostname);
    this.#client = new sqs.SQSClient({
      // A call that waits for messages takes longer to be answered.
      requestHandler: requestHandling(waitSeconds * 1000),
      ...(region !== undefined && { region }),
    });
  }

  /** @throws ConfigError if the text is not the URL of a queue. */
  static async open(url: string): Promise<FailureQueue> {
    if (!URL.canParse(url) || !/^https?:\/\/[^/]+\/[^/]+\/[^/]+$/.test(url)) {
      throw new ConfigError([
        `queue ${quoteText(url)}: expected the URL of an SQS queue, such as https://sqs.eu-west-1.amazonaws.com/111122223333/failures`,
      ]);
    }
    // Loaded only here, so that other commands do not load a client that they do not use.
    return new FailureQueue(url, await import('@aws-sdk/client-sqs'));
  }

  /** The next messages, at most `count`. Empty if the queue is empty, or all are hidden. @throws Any error from the SDK. */
  async receive(count: number): Promise<readonly QueuedMessage[]> {
    const { Messages: messages = [] } = await this.#client.send(
      new this.#sqs.ReceiveMessageCommand({
        QueueUrl: this.#url,
        MaxNumberOfMessages: Math.min(count, maximumBatch),
        WaitTimeSeconds: waitSeconds,
        VisibilityTimeout: hiddenSeconds,
      }),
    );
    return messages.map(({ MessageId: id = '', Body: body = '', ReceiptHandle: receiptHandle = '' }) => ({
      id,
      body,
      receiptHandle,
    }));
  }

  /** @throws Any error from the SDK. */
  async delete({ receiptHandle }: QueuedMessage): Promise<void> {
    await this.#client.send(
      new this.#sqs.DeleteMessageCommand({ QueueUrl: this.#url, ReceiptHandle: receiptHandle }),
    );
  }

  /** Makes the message visible at once, instead of when its visibility timeout ends. @throws Any error from the SDK. */
  async release({ receiptHandle }: QueuedMessage): Promise<void> {
    await this.#client.send(
      new this.#sqs.ChangeMessageVisibilityCommand({
        QueueUrl: this.#url,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: 0,
      }),
    );
  }
}
