import { describe, expect, test } from '@jest/globals';
import { NotFoundError } from '../../lambda-src/content/content-store.ts';
import { ContentMismatchError } from '../../lambda-src/core/errors.ts';
import type { Descriptor } from '../../lambda-src/core/oci/descriptor.ts';
import { planFaults, type Fault, type FaultPlan } from '../helpers/registry-faults/faults.ts';
import { ecrWays, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import type { CredentialsProvider } from '../../lambda-src/registry/credentials.ts';
import { RegistryError } from '../../lambda-src/registry/registry-error.ts';
import { countedBytes, describeBlob, readAll } from '../content/sample-content.ts';
import { sleepTurns } from '../helpers/turn-timers.ts';
import { openStore, repository, useRegistries } from './registries.ts';

const content = countedBytes(1_000_000);
const blob = describeBlob(content);
const ecrCredentials: CredentialsProvider = () =>
  Promise.resolve({ kind: 'password', username: 'AWS', password: ecrWays.access.password });

function onBlob(fault: Fault, times: FaultPlan['times'] = [1]): FaultPlan {
  return { method: 'GET', path: /sha256:/, times, fault };
}

describe('a download', () => {
  const openRegistry = useRegistries();
  const serve = async (...plans: FaultPlan[]): Promise<LocalRegistry> => {
    const registry = await openRegistry({ faults: planFaults(plans) });
    registry.serveBlob(repository, blob.digest, content);
    return registry;
  };
  const download = async (registry: LocalRegistry, target: Descriptor = blob): Promise<Uint8Array> =>
    readAll(openStore(registry).fetchBlob(target));
  const expectWhole = async (registry: LocalRegistry): Promise<void> => {
    expect(Buffer.compare(await download(registry), content)).toBe(0);
  };
  const ranges = (registry: LocalRegistry): unknown[] => registry.log.map(({ range }) => range);

  test.each<[string, Fault]>([
    ['reset', { kind: 'reset', afterBytes: 400_000 }],
    ['closed before its end', { kind: 'truncate', afterBytes: 400_000 }],
    ['closed before its end without a declared length', { kind: 'unannounced', afterBytes: 400_000 }],
    ['silent for too long', { kind: 'stall', afterBytes: 400_000 }],
    ['reset before the first byte', { kind: 'reset', afterBytes: 0 }],
    ['reset before the last byte', { kind: 'truncate', afterBytes: 999_999 }],
    ['dropped without a response', { kind: 'drop' }],
    ['silent from the start', { kind: 'late', milliseconds: 400 }],
  ])('resumes where it stopped if the connection is %s', async (_title, fault) => {
    const registry = await serve(onBlob(fault));
    await expectWhole(registry);
  });

  test('requests only the missing bytes', async () => {
    const cuts = [100_000, 200_000, 300_000].map((afterBytes, index) =>
      onBlob({ kind: 'truncate', afterBytes }, [index + 1]),
    );
    const registry = await serve(...cuts);
    await expectWhole(registry);
    expect(ranges(registry)).toEqual([undefined, 'bytes=100000-', 'bytes=300000-', 'bytes=600000-']);
  });

  test('skips the bytes it already has if the registry ignores ranges', async () => {
    const registry = await serve(
      onBlob({ kind: 'truncate', afterBytes: 400_000 }),
      onBlob({ kind: 'ignore-range' }, [2]),
    );
    await expectWhole(registry);
    expect(registry.log.map(({ status }) => status)).toEqual([200, 200]);
  });

  test.each([429, 500, 502, 503, 504])('retries after status %d', async (status) => {
    const registry = await serve(onBlob({ kind: 'status', status }, [1, 2]));
    await expectWhole(registry);
    expect(registry.log.map((entry) => entry.status)).toEqual([status, status, 200]);
  });

  test('can break any number of times as long as it makes progress', async () => {
    const large = countedBytes(12_000_000);
    const registry = await openRegistry({
      faults: planFaults([onBlob({ kind: 'truncate', afterBytes: 1_100_000 }, 'always')]),
    });
    registry.serveBlob(repository, describeBlob(large).digest, large);
    expect(Buffer.compare(await download(registry, describeBlob(large)), large)).toBe(0);
    expect(registry.log.length).toBe(11);
  });

  test('that makes hardly any progress fails after as many attempts as any request', async () => {
    const registry = await serve(onBlob({ kind: 'truncate', afterBytes: 1000 }, 'always'));
    const error = await download(registry).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RegistryError);
    expect(String(error)).toContain(`GET ${registry.url}/v2/team/app/blobs/${blob.digest}`);
    expect(String(error)).toMatch(/broke off at byte 6000 of 1000000: .*\(attempt 6\)/);
    expect(registry.log).toHaveLength(6);
  });

  test.each([400, 403])('gets a new URL if storage responds with %d to the expired one', async (status) => {
    const registry = await openRegistry({
      ...ecrWays,
      faults: planFaults([
        { path: new RegExp(`^/${repository}`), times: [1], fault: { kind: 'truncate', afterBytes: 1000 } },
        { path: new RegExp(`^/${repository}`), times: [2], fault: { kind: 'status', status } },
      ]),
    });
    registry.serveBlob(repository, blob.digest, content);
    const store = openStore(registry, { credentials: ecrCredentials });
    expect(Buffer.compare(await readAll(store.fetchBlob(blob)), content)).toBe(0);
    expect(registry.log.map((entry) => `${entry.origin} ${entry.status ?? ''}`)).toEqual([
      'registry 401',
      'registry 307',
      'storage 200',
      'registry 307',
      `storage ${status}`,
      'registry 307',
      'storage 206',
    ]);
  });

  test('that storage denies permanently fails with an error that names the registry, the status and the storage host', async () => {
    const registry = await openRegistry({
      redirectBlobs: true,
      faults: planFaults([
        { path: new RegExp(`^/${repository}`), times: 'always', fault: { kind: 'status', status: 403 } },
      ]),
    });
    registry.serveBlob(repository, blob.digest, content);
    const error = await download(registry).catch((e: unknown) => e);
    expect(String(error)).toMatch(
      /GET http:\/\/127\.0\.0\.1:\d+\/v2\/team\/app\/blobs\/sha256:[0-9a-f]{64}: status 403, Forbidden from 127\.0\.0\.1:\d+ \(attempt 6\)/,
    );
    expect(String(error)).not.toContain('Signature');
  });

  test('of damaged bytes fails without a retry', async () => {
    const registry = await serve(onBlob({ kind: 'corrupt', atByte: 500_000 }));
    await expect(download(registry)).rejects.toThrow(ContentMismatchError);
    expect(registry.log).toHaveLength(1);
  });

  test.each([
    ['longer', 1],
    ['shorter', -1],
  ])('of a blob that is declared %s fails before it is read', async (_title, byBytes) => {
    const registry = await serve(onBlob({ kind: 'resize', byBytes }));
    await expect(download(registry)).rejects.toThrow(
      `its size in the registry is ${1_000_000 + byBytes} bytes, not 1000000`,
    );
    expect(registry.log).toHaveLength(1);
  });

  test('of a blob that ends early without a declared length is checked by requesting the rest', async () => {
    const registry = await serve(
      onBlob({ kind: 'unannounced', afterBytes: 1000 }),
      onBlob({ kind: 'status', status: 416 }, [2]),
    );
    await expect(download(registry)).rejects.toThrow('ends after 1000 of 1000000 bytes');
  });

  test.each([
    ['starts later than requested', 'bytes 1001-999999/1000000', 'did not continue at byte 1000'],
    ['belongs to another blob', 'bytes 1000-999999/1000001', 'its size in the registry is 1000001 bytes'],
    ['is malformed', 'bytes 1000', 'did not continue at byte 1000'],
  ])('rejects a range that %s', async (_title, contentRange, problem) => {
    const fault: Fault = { kind: 'status', status: 206, headers: { 'content-range': contentRange } };
    const registry = await serve(onBlob({ kind: 'truncate', afterBytes: 1000 }), onBlob(fault, [2]));
    await expect(download(registry)).rejects.toThrow(problem);
  });

  test('accepts a range that starts earlier than requested', async () => {
    const registry = await serve(
      onBlob({ kind: 'truncate', afterBytes: 1000 }),
      onBlob(
        {
          kind: 'status',
          status: 206,
          headers: { 'content-range': 'bytes 0-1/1000000' },
          body: Buffer.from(content.subarray(0, 2)).toString('latin1'),
        },
        [2],
      ),
      onBlob({ kind: 'truncate', afterBytes: 1000 }, [3]),
    );
    // The declared range is short, so the blob is too. The test shows that no bytes are returned twice.
    await expect(download(registry)).rejects.toThrow('ends after 1000 of the 1000000 bytes');
  });

  test('of a missing blob is not retried', async () => {
    const registry = await openRegistry();
    await expect(download(registry)).rejects.toThrow(NotFoundError);
    expect(registry.log).toHaveLength(1);
  });

  test('never contacts the URLs in a descriptor', async () => {
    const other = await openRegistry();
    other.serveBlob(repository, blob.digest, content);
    const registry = await openRegistry();
    const target = { ...blob, urls: [`${other.url}/v2/${repository}/blobs/${blob.digest}`] };
    await expect(download(registry, target)).rejects.toThrow(NotFoundError);
    expect(other.log).toEqual([]);
  });

  test('waits for a slow consumer without a limit', async () => {
    const registry = await serve();
    const stallMilliseconds = 40;
    const timeouts = { connectMilliseconds: 1000, stallMilliseconds, answerMilliseconds: 1000 };
    const pieces: Uint8Array[] = [];
    for await (const piece of openStore(registry, { timeouts }).fetchBlob(blob)) {
      if (pieces.length === 1) await sleepTurns(3 * stallMilliseconds);
      pieces.push(piece);
    }
    expect(Buffer.compare(Buffer.concat(pieces), content)).toBe(0);
    expect(registry.log).toHaveLength(1);
  });

  test('closes its connection when the consumer stops reading', async () => {
    const registry = await serve();
    for await (const piece of openStore(registry).fetchBlob(blob)) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    while (registry.log.length === 0) await new Promise(setImmediate);
    expect(registry.log[0]?.bytes).toBeLessThanOrEqual(content.length);
  });

  test('that is aborted midway fails with the reason', async () => {
    const registry = await serve(onBlob({ kind: 'stall', afterBytes: 300_000 }));
    const abort = new AbortController();
    const reason = new Error('out of time');
    const read = async (): Promise<void> => {
      for await (const piece of openStore(registry).fetchBlob(blob, abort.signal)) {
        if (piece.length > 0) abort.abort(reason);
      }
    };
    await expect(read()).rejects.toBe(reason);
  });
});
