// Faults on demand: what fails, for which request, and how often. The same requests meet the same faults.
import { createHash } from 'node:crypto';
import type { RequestFacts } from '../../../lambda-src/local-registry/interception.ts';

export type Fault =
  /** Responds with this status, and does not perform the request. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Performs the request, then closes the connection without a response. */
  | { readonly kind: 'drop' }
  /** Performs the request, and responds after a delay. */
  | { readonly kind: 'late'; readonly milliseconds: number }
  /** Performs the request, and responds when the promise settles. */
  | { readonly kind: 'held'; readonly until: Promise<unknown> }
  /** Resets the connection after this many bytes of the request's body, and does not perform the request. */
  | { readonly kind: 'reset-request'; readonly afterBytes: number }
  /** Resets the connection after this many bytes of the response's body. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  /** Closes the connection normally, but before the announced length has been sent. */
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  /** Sends no further bytes, but keeps the connection open. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** Flips every bit in one byte of the response's body. */
  | { readonly kind: 'corrupt'; readonly atByte: number }
  /** Announces and sends this many bytes more (zeros) or fewer than the content has. */
  | { readonly kind: 'resize'; readonly byBytes: number }
  /** Does not announce the length, and closes the connection after this many bytes. */
  | { readonly kind: 'unannounced'; readonly afterBytes: number }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** Responds to a range request with the whole content. */
  | { readonly kind: 'ignore-range' };

/** Decides on each request, in the order of arrival. */
export type FaultSource = (request: RequestFacts) => Fault | undefined;

export interface FaultPlan {
  readonly method?: string;
  readonly path?: RegExp;
  /**
   * Which of the matching requests fail, counted from 1.
   *
   * @default the first
   */
  readonly times?: readonly number[] | 'always';
  readonly fault: Fault;
}

/** Planned faults: the first plan with a fault for a request decides. Each plan counts the requests that match it. */
export function planFaults(plans: readonly FaultPlan[]): FaultSource {
  const counts = plans.map(() => 0);
  return ({ method, path }) => {
    let decided: Fault | undefined;
    plans.forEach((plan, index) => {
      if (plan.method !== undefined && plan.method !== method) return;
      if (plan.path !== undefined && !plan.path.test(path)) return;
      const count = (counts[index] ?? 0) + 1;
      counts[index] = count;
      const times = plan.times ?? [1];
      if (times === 'always' || times.includes(count)) decided ??= plan.fault;
    });
    return decided;
  };
}

/**
 * Random faults that depend only on the seed, the request, and how often it was made. So the same work meets the same
 * faults, even if requests run in parallel.
 *
 * @param probability Probability of a fault in a request, from 0 to 1.
 * @param choices The possible faults of a request.
 */
export function seedFaults(
  seed: string,
  probability: number,
  choices: (request: RequestFacts) => readonly Fault[],
): FaultSource {
  const counts = new Map<string, number>();
  return (request) => {
    // An upload session has a different random name in each run.
    const stablePath = request.path.replace(/\/uploads\/.+$/, '/uploads/session');
    const key = `${request.method} ${stablePath}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    const draw = createHash('sha256').update(`${seed} ${key} ${count}`).digest();
    if (draw.readUInt32BE(0) / 2 ** 32 >= probability) return undefined;
    const possible = choices(request);
    return possible[draw.readUInt32BE(4) % Math.max(possible.length, 1)];
  };
}
