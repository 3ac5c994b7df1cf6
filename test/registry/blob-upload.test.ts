import { describe, expect, test } from '@jest/globals';
import { planFaults, type Fault, type FaultPlan } from '../helpers/registry-faults/faults.ts';
import { createLocalRegistry, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { countedBytes, describeBlob, readAll } from '../content/sample-content.ts';
import { openStore, summarize, useRegistries } from './registries.ts';

const content = countedBytes(3_000_000);
const blob = describeBlob(content);

describe('an upload', () => {
  const openRegistry = useRegistries();
  const openFaulty = (...plans: FaultPlan[]): Promise<LocalRegistry> =>
    openRegistry({ faults: planFaults(plans) });
  const push = (registry: LocalRegistry): Promise<void> => openStore(registry).pushBlob(blob, content);

  test.each<[string, Fault]>([
    ['is reset midway', { kind: 'reset-request', afterBytes: 1_000_000 }],
    ['receives a 503 before it is read', { kind: 'status', status: 503 }],
    ['has lost its session', { kind: 'status', status: 404 }],
    ['has a different offset than the registry expects', { kind: 'status', status: 416 }],
  ])('that %s starts again', async (_title, fault) => {
    const registry = await openFaulty({ method: 'PUT', path: /uploads/, fault });
    await push(registry);
    const [, , , ...second] = summarize(registry.log);
    expect(second).toEqual(['HEAD blobs 404', 'POST blobs/uploads 202', 'PUT blobs/uploads 201']);
    expect(Buffer.compare(await readAll(openStore(registry).fetchBlob(blob)), content)).toBe(0);
  });

  test.each<[string, Fault]>([
    ['loses its response', { kind: 'drop' }],
    ['receives its response too late', { kind: 'late', milliseconds: 400 }],
  ])('that succeeds but %s is not sent again', async (_title, fault) => {
    const registry = await openFaulty({ method: 'PUT', path: /uploads/, fault });
    await push(registry);
    expect(summarize(registry.log).filter((line) => line.startsWith('POST'))).toHaveLength(1);
  });

  test.each([
    ['a throttled request', { method: 'POST' }, 429],
    ['a failed check', { method: 'HEAD' }, 500],
  ])('retries after %s', async (_title, { method }, status) => {
    const registry = await openFaulty({ method, times: [1, 2], fault: { kind: 'status', status } });
    await push(registry);
    expect(summarize(registry.log).at(-1)).toBe('PUT blobs/uploads 201');
  });

  test('that is denied is not retried, and the error names the blob', async () => {
    const body = '{"errors":[{"code":"DENIED","message":"not yours"}]}';
    const registry = await openFaulty({
      method: 'POST',
      times: 'always',
      fault: { kind: 'status', status: 403, body },
    });
    await expect(push(registry)).rejects.toThrow(
      `POST ${registry.url}/v2/team/app/blobs/uploads/: status 403, DENIED: not yours, uploading blob ${blob.digest} (attempt 1)`,
    );
  });

  test.each([
    ['nowhere', undefined, 'sends the upload'],
    ['to a file URL', 'file:///etc/passwd', 'to a file: URL'],
    ['to an invalid URL', 'http://[', 'sends the upload'],
  ])('that the registry redirects %s is rejected', async (_title, location, problem) => {
    const headers = location === undefined ? {} : { location };
    const registry = await openFaulty({
      method: 'POST',
      times: 'always',
      fault: { kind: 'status', status: 202, headers },
    });
    await expect(push(registry)).rejects.toThrow(problem);
  });

  test('sends no credentials to a session on another origin', async () => {
    const elsewhere = await openRegistry();
    const registry = await openRegistry({
      access: { scheme: 'basic', username: 'user', password: 'the-password' },
      faults: planFaults([
        {
          method: 'POST',
          fault: { kind: 'status', status: 202, headers: { location: `${elsewhere.url}/session?a=b` } },
        },
      ]),
    });
    const store = openStore(registry, {
      credentials: () => Promise.resolve({ kind: 'password', username: 'user', password: 'the-password' }),
      retryPolicy: {
        maximumAttempts: 1,
        baseDelayMilliseconds: 1,
        maximumDelayMilliseconds: 1,
        maximumRetryAfterMilliseconds: 1,
      },
    });
    await expect(store.pushBlob(blob, content)).rejects.toThrow('404');
    expect(elsewhere.log).toMatchObject([{ method: 'PUT', path: '/session', authorization: undefined }]);
    expect(registry.log.at(-1)).toMatchObject({ method: 'POST', authorization: 'basic' });
  });

  test('to an unreachable registry fails after as many attempts as any request', async () => {
    const registry = await createLocalRegistry();
    await registry.close();
    await expect(push(registry)).rejects.toThrow(/HEAD .*: connect ECONNREFUSED .* \(attempt 6\)/);
  });
});
