// A local registry with faults on demand.
import {
  createLocalRegistry,
  type LocalRegistry,
  type LocalRegistryOptions,
} from '../../../lambda-src/local-registry/local-registry.ts';
import type { Interception } from '../../../lambda-src/local-registry/interception.ts';
import { contentOf } from '../../../lambda-src/local-registry/reply.ts';
import type { Fault, FaultSource } from './faults.ts';
import { sendFaultyReply } from './faulty-answer.ts';

export interface FaultyRegistryOptions extends Omit<LocalRegistryOptions, 'intercept'> {
  /** @default none */
  readonly faults?: FaultSource;
}

export function createFaultyRegistry({
  faults,
  ...options
}: FaultyRegistryOptions = {}): Promise<LocalRegistry> {
  if (faults === undefined) return createLocalRegistry(options);
  const intercept = (request: Parameters<FaultSource>[0]): Interception | undefined => {
    const fault = faults(request);
    return fault && interceptionOf(fault);
  };
  return createLocalRegistry({ ...options, intercept });
}

function interceptionOf(fault: Fault): Interception {
  switch (fault.kind) {
    case 'status': {
      const body = contentOf(new TextEncoder().encode(fault.body ?? ''));
      return { reply: { status: fault.status, headers: fault.headers ?? {}, body } };
    }
    case 'reset-request':
      return { requestBytes: fault.afterBytes };
    case 'ignore-range':
      return { ignoresRange: true };
    case 'drop':
    case 'late':
    case 'held':
    case 'corrupt':
    case 'resize':
    case 'reset':
    case 'truncate':
    case 'stall':
    case 'unannounced':
    case 'slow':
      return { send: (response, method, reply) => sendFaultyReply(response, method, reply, fault) };
  }
}
