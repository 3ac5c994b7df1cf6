// Indexes the sample image once while the registry fails at random, by seed. The run must end in exactly the index of a
// run without faults, or in an error that names what failed and leaves nothing half-written. A following run must
// complete the index.
import { NotFoundError } from '../../lambda-src/content/content-store.ts';
import { ContentMismatchError, FormatError } from '../../lambda-src/core/errors.ts';
import { deadHost } from '../helpers/dead-host.ts';
import { type Fault, type FaultSource, seedFaults } from '../helpers/registry-faults/faults.ts';
import {
  createLocalRegistry,
  ecrWays,
  type LocalRegistryOptions,
} from '../../lambda-src/local-registry/local-registry.ts';
import { createFaultyRegistry } from '../helpers/registry-faults/faulty-registry.ts';
import type { RequestFacts } from '../../lambda-src/local-registry/interception.ts';
import { RegistryError } from '../../lambda-src/registry/registry-error.ts';
import { openStore, quickRetries, repository } from '../registry/registries.ts';
import { type ImageState, isPartOf, readImageState } from './image-state.ts';
import { indexSampleImage, pushSampleImage } from './sample-image.ts';
import type { SociIndexVersion } from '../../lambda-src/core/soci-names.ts';

const account = { username: 'robot', password: 'a-password-that-nobody-sees' };

/** Kinds of registries: open to everyone, like ECR, and with tokens but without the referrers API. */
const waysOfRegistries: readonly LocalRegistryOptions[] = [
  {},
  { ...ecrWays, access: { scheme: 'basic', ...account } },
  { access: { scheme: 'bearer', ...account }, redirectBlobs: true, referrersApi: false },
];

const timeouts = { connectMilliseconds: 2_000, stallMilliseconds: 60, answerMilliseconds: 120 };
const patientTimeouts = { connectMilliseconds: 5_000, stallMilliseconds: 5_000, answerMilliseconds: 5_000 };

/** The probability of a fault in a request. */
const faultProbability = 0.2;

export interface SeededRun {
  readonly end: 'same index' | 'named failure';
  /** How often each kind of fault occurred. */
  readonly faults: ReadonlyMap<string, number>;
  /** The error's message, if there was an error. */
  readonly message: string | undefined;
}

/** The possible faults of a request. Most are transient; the others must end in a failure. */
function possibleFaults({ method, path }: RequestFacts, hasTokens: boolean): readonly Fault[] {
  const faults: Fault[] = [
    { kind: 'status', status: 429 },
    { kind: 'status', status: 429, headers: { 'retry-after': '0' } },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 502 },
    { kind: 'status', status: 503, headers: { 'retry-after': '0' } },
    { kind: 'status', status: 504 },
    { kind: 'drop' },
    { kind: 'reset', afterBytes: 0 },
    { kind: 'late', milliseconds: 2 * timeouts.answerMilliseconds },
  ];
  if (path === '/token') return faults;
  if (hasTokens && path.startsWith('/v2/')) faults.push({ kind: 'status', status: 401 });
  if (method === 'GET') {
    for (const afterBytes of [1, 700, 500_000, 1_048_577]) {
      faults.push({ kind: 'reset', afterBytes }, { kind: 'truncate', afterBytes });
      faults.push({ kind: 'unannounced', afterBytes }, { kind: 'stall', afterBytes });
    }
    faults.push({ kind: 'ignore-range' });
    if (path.includes('sha256:')) {
      faults.push({ kind: 'status', status: 307, headers: { location: `http://${deadHost}/blob` } });
      faults.push({ kind: 'corrupt', atByte: 300 });
      faults.push({ kind: 'resize', byBytes: 5 }, { kind: 'resize', byBytes: -5 });
    }
    // The storage responds with 403 for an expired URL, and the registry if it denies access.
    faults.push({ kind: 'status', status: 403 });
  }
  if (method === 'PUT') {
    faults.push({ kind: 'reset-request', afterBytes: 1 }, { kind: 'reset-request', afterBytes: 30_000 });
    if (path.includes('/uploads/')) {
      faults.push({ kind: 'status', status: 404 }, { kind: 'status', status: 416 });
    }
  }
  return faults;
}

function nameFault(fault: Fault): string {
  if (fault.kind === 'resize') return fault.byBytes > 0 ? 'longer' : 'shorter';
  if (fault.kind !== 'status') return fault.kind;
  if (fault.status === 307) return 'redirect to a dead host';
  return `${fault.status}${fault.headers?.['retry-after'] === undefined ? '' : ' with Retry-After'}`;
}

/** The states after runs without faults, by version. All kinds of registries must lead to the same state. */
const expectedStates = new Map<SociIndexVersion, Promise<ImageState>>();

async function runWithoutFaults(version: SociIndexVersion): Promise<ImageState> {
  const registry = await createLocalRegistry();
  try {
    const store = openStore(registry);
    const image = await pushSampleImage(store);
    await indexSampleImage(store, version);
    return await readImageState(store, image);
  } finally {
    await registry.close();
  }
}

/** @throws Error that names the seed if the run violates a requirement. */
export async function runSeed(seed: number): Promise<SeededRun> {
  const version = seed % 2 === 0 ? 'V2' : 'V1';
  const ways = waysOfRegistries[seed % waysOfRegistries.length]!;
  const expected = expectedStates.get(version) ?? runWithoutFaults(version);
  expectedStates.set(version, expected);
  const demand = (isTrue: boolean, problem: string): void => {
    if (!isTrue) throw new Error(`seed ${seed} (${version}): ${problem}`);
  };

  let faults: FaultSource = () => undefined;
  const registry = await createFaultyRegistry({ ...ways, faults: (request) => faults(request) });
  try {
    const credentials = () => Promise.resolve({ kind: 'password', ...account } as const);
    const store = openStore(registry, { credentials, timeouts: patientTimeouts });
    const image = await pushSampleImage(store);

    const met = new Map<string, number>();
    const hasTokens = ways.access?.scheme === 'bearer';
    const random = seedFaults(String(seed), faultProbability, (request) =>
      possibleFaults(request, hasTokens),
    );
    faults = (request) => {
      const fault = random(request);
      if (fault !== undefined) met.set(nameFault(fault), (met.get(nameFault(fault)) ?? 0) + 1);
      return fault;
    };
    let error: Error | undefined;
    let digest: string | undefined;
    try {
      const outcome = await indexSampleImage(openStore(registry, { credentials, timeouts }), version);
      demand(outcome.status === 'indexed', `had the outcome ${outcome.status}`);
      digest = 'digest' in outcome ? outcome.digest : undefined;
    } catch (caught) {
      error = caught instanceof Error ? caught : new Error('no error was thrown', { cause: caught });
    }
    faults = () => undefined;

    const state = await readImageState(store, image);
    const whole = await expected;
    if (error === undefined) {
      demand(JSON.stringify(state) === JSON.stringify(whole), `left ${JSON.stringify(state)}`);
      demand(digest === (whole.target ?? whole.referrers[0]?.[0]), `returned the index ${digest ?? ''}`);
    } else {
      demand(isNamedFailure(error), `failed without naming what failed: ${error.stack ?? error.message}`);
      demand(isDueTo(error, met), `failed although all faults are transient: ${error.message}`);
      demand(isPartOf(state, whole), `failed, and left ${JSON.stringify(state)}`);
      await indexSampleImage(store, version);
      const completed = await readImageState(store, image);
      demand(JSON.stringify(completed) === JSON.stringify(whole), 'the following run did not complete it');
    }
    return {
      end: error === undefined ? 'same index' : 'named failure',
      faults: met,
      message: error?.message,
    };
  } finally {
    await registry.close();
  }
}

const finalFaults = ['401', '403', 'corrupt', 'longer', 'shorter'];

/** Transient faults justify a failure only if they occurred in every attempt. */
function isDueTo(error: Error, met: ReadonlyMap<string, number>): boolean {
  if (error instanceof RegistryError && error.transient)
    return error.attempt === quickRetries.maximumAttempts;
  return finalFaults.some((kind) => met.has(kind));
}

/**
 * Whether the message is one sentence that names the content and, for a registry, also the request, the problem and the
 * attempt.
 */
function isNamedFailure(error: Error): boolean {
  const { message } = error;
  if (/\n/.test(message) || message.includes('Signature') || message.includes(account.password)) return false;
  if (error instanceof RegistryError) {
    const request =
      /^(GET|HEAD|POST|PUT|DELETE) http:\/\/127\.0\.0\.1:\d+(\S+): (status \d{3}, )?\S.* \(attempt (\d)\)$/;
    const [, , path = '', , attempt] = request.exec(message) ?? [];
    const isKnownPath = path === '/token' || path.startsWith(`/v2/${repository}/`);
    return isKnownPath && Number(attempt) >= 1 && Number(attempt) <= quickRetries.maximumAttempts;
  }
  const isOther = [ContentMismatchError, FormatError, NotFoundError].some((kind) => error instanceof kind);
  return isOther && /sha256:[0-9a-f]{64}|v1(-soci)?/.test(message);
}
