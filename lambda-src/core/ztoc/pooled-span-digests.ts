// Computes span digests in Node's own thread pool (libuv's) while this thread inflates.
import { createHash, type Hash, webcrypto } from 'node:crypto';
import type { Digest } from '../oci/descriptor.ts';
import type { SpanDigester } from './span-digests.ts';

/**
 * A span up to this size is buffered until it is complete. A larger one is digested in this thread as it arrives.
 */
const maximumKeptBytes = 16 * 1024 * 1024;

/** For a smaller span, passing it to the pool takes longer than computing the digest in this thread. */
const minimumPooledBytes = 32 * 1024;

/** Limit of bytes in pending spans, which are passed to the pool as copies. */
const waitingBytes = 8 * 1024 * 1024;

/**
 * The span buffer is kept for the thread's next layer. Otherwise, each layer would leave some megabytes to the garbage
 * collector, which may not free them soon.
 */
let idleBuffer: Uint8Array<ArrayBuffer> | undefined;
const maximumIdleBytes = 4 * 1024 * 1024;

/** Uses the same rules for spans as `SpanDigests`. */
export class PooledSpanDigests implements SpanDigester {
  /** Undefined until it has been computed. */
  readonly #digests: (Digest | undefined)[] = [];
  #kept: Uint8Array<ArrayBuffer>;
  #keptBytes = 0;
  /** The hash of a span that is too large to be buffered. */
  #hash: Hash | undefined;
  #isInSpan = false;
  #lastByte = 0;
  #handedOverBytes = 0;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor() {
    this.#kept = idleBuffer ?? new Uint8Array(256 * 1024);
    idleBuffer = undefined;
  }

  add(bytes: Uint8Array): void {
    if (this.#isInSpan) this.#addToSpan(bytes);
    this.#lastByte = bytes[bytes.length - 1]!;
  }

  startSpan(bits: number): void {
    this.#endSpan();
    this.#isInSpan = true;
    if (bits > 0) this.#addToSpan(Uint8Array.of(this.#lastByte));
  }

  /**
   * Waits until few enough bytes are pending for more to be added. Rejects if a digest could not be computed.
   */
  async ready(): Promise<void> {
    await this.#waitFor(waitingBytes);
  }

  /** Called after the last byte. Waits for all digests. */
  async settle(): Promise<void> {
    this.#endSpan();
    await this.#waitFor(0);
    if (this.#kept.length <= maximumIdleBytes) idleBuffer = this.#kept;
    this.#kept = new Uint8Array(0);
  }

  /** To be called after `settle`. */
  finish(): readonly Digest[] {
    return this.#digests.map((digest) => {
      if (digest === undefined) throw new Error('the digest of a span has not been computed yet');
      return digest;
    });
  }

  async #waitFor(bytes: number): Promise<void> {
    while (this.#handedOverBytes > bytes && this.#error === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#error !== undefined) throw this.#error;
  }

  #addToSpan(bytes: Uint8Array): void {
    const spanBytes = this.#keptBytes + bytes.length;
    if (this.#hash === undefined && spanBytes > maximumKeptBytes) {
      this.#hash = createHash('sha256').update(this.#kept.subarray(0, this.#keptBytes));
    }
    if (this.#hash !== undefined) {
      this.#hash.update(bytes);
      return;
    }
    if (spanBytes > this.#kept.length) {
      const larger = new Uint8Array(Math.min(maximumKeptBytes, 2 * spanBytes));
      larger.set(this.#kept.subarray(0, this.#keptBytes));
      this.#kept = larger;
    }
    this.#kept.set(bytes, this.#keptBytes);
    this.#keptBytes = spanBytes;
  }

  #endSpan(): void {
    if (!this.#isInSpan) return;
    this.#isInSpan = false;
    const span = this.#kept.subarray(0, this.#keptBytes);
    if (this.#hash === undefined && span.length >= minimumPooledBytes) {
      this.#handOver(span);
    } else {
      const hash = this.#hash ?? createHash('sha256').update(span);
      this.#digests.push(`sha256:${hash.digest('hex')}`);
    }
    this.#hash = undefined;
    this.#keptBytes = 0;
  }

  #handOver(span: Uint8Array<ArrayBuffer>): void {
    const index = this.#digests.push(undefined) - 1;
    const { length } = span;
    this.#handedOverBytes += length;
    // The call copies the bytes before it returns.
    webcrypto.subtle
      .digest('SHA-256', span)
      .then((digest) => {
        this.#digests[index] = `sha256:${Buffer.from(digest).toString('hex')}`;
      })
      .catch((error: unknown) => {
        this.#error ??= error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => {
        this.#handedOverBytes -= length;
        this.#wake?.();
      });
  }
}
