// Faults on demand: what shall go wrong, with which request, and how often. The same requests meet the same faults.
import { createHash } from 'node:crypto';
import type { RequestFacts } from '../../../lambda-src/local-registry/interception.ts';

export type Fault =
  /** Answers so, and does nothing of what was asked. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Does what was asked, then closes the connection without an answer. */
  | { readonly kind: 'drop' }
  /** Does what was asked, and answers after a while. */
  | { readonly kind: 'late'; readonly milliseconds: number }
  /** Does what was asked, and answers when something has happened. */
  | { readonly kind: 'held'; readonly until: Promise<unknown> }
  /** Resets the connection after so many bytes of the request's body, and does nothing. */
  | { readonly kind: 'reset-request'; readonly afterBytes: number }
  /** Resets the connection after so many bytes of the answer's body. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  /** Closes the connection in good order, but before the announced end. */
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  /** Sends no further byte, and keeps the connection. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** Flips every bit of one byte of the answer's body. */
  | { readonly kind: 'corrupt'; readonly atByte: number }
  /** Announces and sends so many bytes more (zeros) or fewer than there are. */
  | { readonly kind: 'resize'; readonly byBytes: number }
  /** Sends without announcing the length, and closes the connection after so many bytes. */
  | { readonly kind: 'unannounced'; readonly afterBytes: number }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** Answers a request for a range with the whole. */
  | { readonly kind: 'ignore-range' };

/** Decides on each request, in the order in which they come. */
export type FaultSource = (request: RequestFacts) => Fault | undefined;

export interface FaultPlan {
  readonly method?: string;
  readonly path?: RegExp;
  /**
   * Which of the requests that match, from 1.
   *
   * @default the first
   */
  readonly times?: readonly number[] | 'always';
  readonly fault: Fault;
}

/** Faults by plan: the first plan that has one for a request decides. Each plan counts the requests that match it. */
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
 * Random faults that depend on nothing but the seed, the request, and how often it came: also where requests run side by
 * side, the same work meets the same faults.
 *
 * @param probability From 0 to 1, of a fault in a request.
 * @param choices What may go wrong with the request.
 */
export function seedFaults(
  seed: string,
  probability: number,
  choices: (request: RequestFacts) => readonly Fault[],
): FaultSource {
  const counts = new Map<string, number>();
  return (request) => {
    // An upload's session has another random name in each run.
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
