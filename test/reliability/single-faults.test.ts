// One fault at a time while a whole image is indexed. test/registry tests transient faults of single requests, by kind.
// Here are the faults that need more than one request, and the messages for permanent faults.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type FaultPlan, type FaultSource, planFaults } from '../helpers/registry-faults/faults.ts';
import { ecrWays, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { createFaultyRegistry } from '../helpers/registry-faults/faulty-registry.ts';
import type { CredentialsProvider } from '../../lambda-src/registry/credentials.ts';
import type { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { openStore, quickRetries } from '../registry/registries.ts';
import { readImageState } from './image-state.ts';
import {
  indexSampleImage,
  largestLayer,
  pushSampleImage,
  type SampleImage,
  targetTag,
} from './sample-image.ts';
import { openTcpGate, type TcpGate } from './tcp-gate.ts';

const timeouts = { connectMilliseconds: 2_000, stallMilliseconds: 2_000, answerMilliseconds: 2_000 };
const credentials: CredentialsProvider = () =>
  Promise.resolve({ kind: 'password', username: 'AWS', password: ecrWays.access.password });

let faults: FaultSource;
let registry: LocalRegistry;
let gate: TcpGate;
let image: SampleImage;
let store: RegistryStore;

beforeEach(async () => {
  faults = () => undefined;
  registry = await createFaultyRegistry({
    ...ecrWays,
    immutableTags: false,
    faults: (request) => faults(request),
  });
  gate = await openTcpGate(registry.host);
  store = openStore(registry, { credentials, timeouts });
  image = await pushSampleImage(store);
});
afterEach(async () => {
  await gate.shut().catch(() => {});
  await registry.close();
});

const largestBlob = new RegExp(largestLayer.digest);

async function expectIndex(outcome: ReturnType<typeof indexSampleImage>): Promise<void> {
  const { status } = await outcome;
  expect(status).toBe('indexed');
  expect((await readImageState(store, image)).target).toBeDefined();
}

describe('an image is indexed although', () => {
  /** Waits some milliseconds between attempts, and about half a second in total. */
  const retryPolicy = { ...quickRetries, baseDelayMilliseconds: 30, maximumDelayMilliseconds: 1_000 };

  test('the registry refuses connections at first', async () => {
    await gate.shut();
    const outcome = indexSampleImage(openStore(gate, { credentials, timeouts, retryPolicy }), 'V2');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(registry.log.some(({ path }) => path.endsWith(targetTag))).toBe(false);
    await gate.reopen();
    await expectIndex(outcome);
  });

  test('the registry restarts during the work, resets all connections, and refuses new ones for a while', async () => {
    let restarted: Promise<void> | undefined;
    faults = ({ method, path }) => {
      if (method === 'GET' && largestBlob.test(path)) {
        restarted ??= gate.shut().then(async () => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          await gate.reopen();
        });
      }
      return undefined;
    };
    await expectIndex(indexSampleImage(openStore(gate, { credentials, timeouts, retryPolicy }), 'V2'));
    expect(restarted).toBeDefined();
    await restarted;
  });

  test('a download breaks off and continues at a dead host, so the registry is asked for another URL', async () => {
    await gate.shut();
    const blob = { method: 'GET', path: new RegExp(`blobs/${largestLayer.digest}`) };
    const headers = { location: `http://${gate.host}/blob?X-Amz-Signature=secret` };
    faults = planFaults([
      { ...blob, times: [2], fault: { kind: 'status', status: 307, headers } },
      {
        method: 'GET',
        path: new RegExp(`^/team/app/${largestLayer.digest}`),
        fault: { kind: 'truncate', afterBytes: 500_000 },
      },
    ]);
    const before = registry.log.length;
    await expectIndex(indexSampleImage(openStore(registry, { credentials, timeouts }), 'V2'));
    const reads = registry.log
      .slice(before)
      .filter(({ origin, path }) => origin === 'storage' && path.includes(largestLayer.digest));
    expect(reads.map(({ range }) => range).slice(0, 2)).toEqual([undefined, 'bytes=500000-']);
  });
});

describe('a permanent fault is reported in one sentence, and nothing is tagged:', () => {
  const origin = String.raw`http://127\.0\.0\.1:\d+`;
  const digest = 'sha256:[0-9a-f]{64}';
  const always = (plan: Omit<FaultPlan, 'times'>): FaultPlan => ({ ...plan, times: 'always' });
  const tagged = new RegExp(`manifests/${targetTag}$`);

  test.each<[string, FaultPlan, string]>([
    [
      'a layer that breaks off repeatedly, with the byte',
      always({
        method: 'GET',
        path: /^\/team\/app\/sha256/,
        fault: { kind: 'truncate', afterBytes: 1000 },
      }),
      `GET ${origin}/v2/team/app/blobs/${digest}: broke off at byte \\d+ of \\d+: .* \\(attempt 6\\)`,
    ],
    [
      'a layer that the storage denies, with the status',
      always({ method: 'GET', path: largestBlob, fault: { kind: 'status', status: 403 } }),
      `GET ${origin}/v2/team/app/blobs/${largestLayer.digest}: status 403, Forbidden \\(attempt 1\\)`,
    ],
    [
      'a layer with the wrong bytes',
      always({
        method: 'GET',
        path: new RegExp(`^/team/app/${largestLayer.digest}`),
        fault: { kind: 'corrupt', atByte: 1_000_000 },
      }),
      `content ${largestLayer.digest}: its bytes have the digest ${digest}`,
    ],
    [
      'a layer shorter than its descriptor states',
      always({
        method: 'GET',
        path: new RegExp(`^/team/app/${largestLayer.digest}`),
        fault: { kind: 'resize', byBytes: -1 },
      }),
      `content ${largestLayer.digest}: its size in the registry is ${largestLayer.size - 1} bytes, not ${largestLayer.size}`,
    ],
    [
      'a manifest that cannot be read',
      always({ method: 'GET', path: /manifests/, fault: { kind: 'status', status: 500 } }),
      `GET ${origin}/v2/team/app/manifests/v1: status 500, Internal Server Error \\(attempt 6\\)`,
    ],
    [
      'a zTOC whose upload breaks off',
      always({ method: 'PUT', path: /uploads/, fault: { kind: 'reset-request', afterBytes: 100 } }),
      `PUT ${origin}/v2/team/app/blobs/uploads/[0-9a-f-]{36}: .*, uploading blob ${digest} \\(attempt 6\\)`,
    ],
    [
      'a SOCI index that is rejected',
      always({ method: 'PUT', path: /manifests/, fault: { kind: 'status', status: 403 } }),
      `PUT ${origin}/v2/team/app/manifests/${digest}: status 403, Forbidden \\(attempt 1\\)`,
    ],
    [
      'a tag that cannot be written',
      always({ method: 'PUT', path: tagged, fault: { kind: 'status', status: 503 } }),
      `PUT ${origin}/v2/team/app/manifests/${targetTag}: status 503, Service Unavailable \\(attempt 6\\)`,
    ],
    [
      'a registry that throttles for an hour',
      always({
        method: 'HEAD',
        path: /blobs/,
        fault: { kind: 'status', status: 429, headers: { 'retry-after': '3600' } },
      }),
      `HEAD ${origin}/v2/team/app/blobs/${digest}: status 429, Too Many Requests \\(attempt 1\\)`,
    ],
  ])('%s', async (_title, plan, sentence) => {
    faults = planFaults([plan]);
    const error: unknown = await indexSampleImage(store, 'V2').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toMatch(new RegExp(`^${sentence}$`));
    expect(JSON.stringify(error)).not.toContain('Signature');
    faults = () => undefined;
    expect((await readImageState(store, image)).target).toBeUndefined();
  });
});
