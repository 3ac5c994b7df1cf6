// Tests what the conformance suite does not: the behavior of Amazon ECR, faults, and the log. The suite itself runs in test/e2e.
import { describe, expect, test } from '@jest/globals';
import { planFaults, type Fault } from '../helpers/registry-faults/faults.ts';
import { ecrWays, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import type { ServedContent } from '../../lambda-src/local-registry/reply.ts';
import { bytesOf, countedBytes, describeBlob, sampleImage } from '../content/sample-content.ts';
import { useRegistries } from '../registry/registries.ts';

const blob = countedBytes(100_000);
const blobPath = `/v2/team/app/blobs/${describeBlob(blob).digest}`;
const aws = { authorization: `Basic ${Buffer.from(`AWS:${ecrWays.access.password}`).toString('base64')}` };

async function call(
  registry: LocalRegistry,
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(new URL(path, registry.url), { redirect: 'manual', ...init });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Pushes an image as any client does. */
async function pushImage(
  registry: LocalRegistry,
  text: string,
  reference?: string,
  headers = {},
): Promise<Response> {
  const { manifest, blobs } = sampleImage(text);
  for (const content of blobs) {
    const query = `?digest=${describeBlob(content).digest}`;
    await call(registry, `/v2/team/app/blobs/uploads/${query}`, { method: 'POST', body: content, headers });
  }
  return fetch(`${registry.url}/v2/team/app/manifests/${reference ?? manifest.digest}`, {
    method: 'PUT',
    body: manifest.bytes,
    headers: { 'content-type': manifest.mediaType, ...headers },
  });
}

describe('a local registry', () => {
  const openRegistry = useRegistries();

  test('implements the distribution specification at its address', async () => {
    const registry = await openRegistry();
    expect(registry.url).toBe(`http://${registry.host}`);
    expect((await call(registry, '/v2/')).status).toBe(200);
    expect(JSON.parse((await call(registry, '/v2/team/app/manifests/v1')).text)).toEqual({
      errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest v1 is unknown' }],
    });
    expect((await call(registry, '/elsewhere')).status).toBe(404);
  });

  test('rejects a manifest whose blobs are missing', async () => {
    const registry = await openRegistry();
    const { manifest } = sampleImage('one');
    const answer = await call(registry, '/v2/team/app/manifests/v1', { method: 'PUT', body: manifest.bytes });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('MANIFEST_BLOB_UNKNOWN')]);
    expect((await pushImage(registry, 'one', 'v1')).status).toBe(201);
  });

  test('does not find a manifest whose type the client does not accept', async () => {
    const registry = await openRegistry();
    await pushImage(registry, 'one', 'v1');
    const accept = 'application/vnd.docker.distribution.manifest.v2+json';
    expect((await call(registry, '/v2/team/app/manifests/v1', { headers: { accept } })).status).toBe(404);
    expect((await call(registry, '/v2/team/app/manifests/v1', { headers: { accept: '*/*' } })).status).toBe(
      200,
    );
  });

  test('lists tags in pages', async () => {
    const registry = await openRegistry();
    for (const tag of ['c', 'a', 'b']) await pushImage(registry, tag, tag);
    const first = await call(registry, '/v2/team/app/tags/list?n=2');
    expect(JSON.parse(first.text)).toEqual({ name: 'team/app', tags: ['a', 'b'] });
    expect(first.headers.get('link')).toBe('</v2/team/app/tags/list?n=2&last=b>; rel="next"');
    const second = await call(registry, '/v2/team/app/tags/list?n=2&last=b');
    expect(JSON.parse(second.text)).toEqual({ name: 'team/app', tags: ['c'] });
    expect(second.headers.get('link')).toBeNull();
  });

  test('serves a layer of 10 GB without storing it', async () => {
    const registry = await openRegistry();
    const size = 10_000_000_000;
    const content: ServedContent = {
      size,
      read: (start, end) => [new Uint8Array(end - start).fill(start & 0xff)],
    };
    registry.serveBlob('team/app', describeBlob(blob).digest, content);
    const answer = await call(registry, blobPath, { headers: { range: 'bytes=9999999990-' } });
    expect([answer.status, answer.headers.get('content-range'), answer.text.length]).toEqual([
      206,
      'bytes 9999999990-9999999999/10000000000',
      10,
    ]);
  });

  test("with ecrWays rejects an existing tag with ECR's error, even for the same image", async () => {
    const registry = await openRegistry(ecrWays);
    expect((await pushImage(registry, 'one', 'v1', aws)).status).toBe(201);
    const again = await pushImage(registry, 'one', 'v1', aws);
    expect(again.status).toBe(400);
    expect(await again.json()).toEqual({
      errors: [
        {
          code: 'TAG_INVALID',
          message:
            "The image tag 'v1' already exists in the 'team/app' repository and cannot be overwritten because the repository is immutable.",
        },
      ],
    });
    expect((await pushImage(registry, 'two', undefined, aws)).status).toBe(201);
  });

  test('with ecrWays serves blobs from another origin, at URLs that are valid once and accept no credentials', async () => {
    const registry = await openRegistry(ecrWays);
    registry.serveBlob('team/app', describeBlob(blob).digest, blob);
    expect((await call(registry, blobPath)).status).toBe(401);
    const redirect = async (): Promise<string> => {
      const answer = await call(registry, blobPath, { headers: aws });
      expect(answer.status).toBe(307);
      return answer.headers.get('location') ?? '';
    };
    const location = await redirect();
    expect(new URL(location).origin).not.toBe(registry.url);
    const [first, second] = [await fetch(location), await fetch(location)];
    expect([first.status, second.status]).toEqual([200, 403]);
    expect((await first.arrayBuffer()).byteLength).toBe(blob.length);
    expect((await fetch(await redirect(), { headers: aws })).status).toBe(400);
    expect(
      (await call(registry, '/v2/team/app/manifests/v1', { method: 'DELETE', headers: aws })).status,
    ).toBe(405);
  });

  test('logs all requests without secrets', async () => {
    const registry = await openRegistry(ecrWays);
    registry.serveBlob('team/app', describeBlob(blob).digest, blob);
    const answer = await call(registry, blobPath, { headers: aws });
    await (await fetch(answer.headers.get('location') ?? '', { headers: { range: 'bytes=0-9' } })).text();
    expect(registry.log).toEqual([
      {
        origin: 'registry',
        method: 'GET',
        path: blobPath,
        range: undefined,
        authorization: 'basic',
        status: 307,
        bytes: 0,
      },
      {
        origin: 'storage',
        method: 'GET',
        path: `/team/app/${describeBlob(blob).digest}`,
        range: 'bytes=0-9',
        authorization: undefined,
        status: 206,
        bytes: 10,
      },
    ]);
  });

  describe('with a fault', () => {
    const serveWith = async (fault: Fault): Promise<LocalRegistry> => {
      const registry = await openRegistry({ faults: planFaults([{ fault }]) });
      registry.serveBlob('team/app', describeBlob(blob).digest, blob);
      return registry;
    };
    const read = async (
      registry: LocalRegistry,
    ): Promise<{ bytes: Buffer; error: unknown; length: string | null }> => {
      const response = await fetch(registry.url + blobPath);
      const pieces: Uint8Array[] = [];
      const length = response.headers.get('content-length');
      try {
        for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) pieces.push(piece);
      } catch (error) {
        return { bytes: Buffer.concat(pieces), error, length };
      }
      return { bytes: Buffer.concat(pieces), error: undefined, length };
    };

    test('returns a status without doing the work', async () => {
      const registry = await serveWith({
        kind: 'status',
        status: 429,
        headers: { 'retry-after': '7' },
        body: 'later',
      });
      const answer = await call(registry, blobPath);
      expect([answer.status, answer.headers.get('retry-after'), answer.text]).toEqual([429, '7', 'later']);
      expect((await call(registry, blobPath)).status).toBe(200);
    });

    test('does the work but never responds', async () => {
      const registry = await openRegistry({
        faults: planFaults([{ method: 'PUT', fault: { kind: 'drop' } }]),
      });
      await expect(pushImage(registry, 'one', 'v1')).rejects.toThrow('fetch failed');
      expect((await call(registry, '/v2/team/app/manifests/v1')).status).toBe(200);
      expect(registry.log.find(({ method }) => method === 'PUT')?.status).toBeUndefined();
    });

    test('responds late, after the response to another request', async () => {
      const registry = await openRegistry({
        faults: planFaults([{ path: /blobs/, fault: { kind: 'late', milliseconds: 1000 } }]),
      });
      registry.serveBlob('team/app', describeBlob(blob).digest, blob);
      const answered: string[] = [];
      await Promise.all([
        read(registry).then(({ bytes }) => answered.push(bytes.equals(blob) ? 'late' : 'wrong')),
        call(registry, '/v2/').then(() => answered.push('other')),
      ]);
      expect(answered).toEqual(['other', 'late']);
    });

    test('resets a request before the work', async () => {
      const registry = await openRegistry({
        faults: planFaults([{ method: 'POST', fault: { kind: 'reset-request', afterBytes: 10 } }]),
      });
      const { digest } = describeBlob(blob);
      const path = `/v2/team/app/blobs/uploads/?digest=${digest}`;
      await expect(call(registry, path, { method: 'POST', body: blob })).rejects.toThrow('fetch failed');
      expect((await call(registry, blobPath)).status).toBe(404);
    });

    test('ends a body before its declared length', async () => {
      const { bytes, error, length } = await read(await serveWith({ kind: 'truncate', afterBytes: 12_345 }));
      expect([bytes.equals(blob.subarray(0, 12_345)), error === undefined, length]).toEqual([
        true,
        false,
        '100000',
      ]);
    });

    test('resets the connection, possibly before all sent bytes arrive', async () => {
      const registry = await serveWith({ kind: 'reset', afterBytes: 12_345 });
      const answer = read(registry).then(({ bytes, error }) => {
        expect(bytes.length).toBeLessThanOrEqual(12_345);
        throw error;
      });
      await expect(answer).rejects.toThrow();
      expect(registry.log).toMatchObject([{ status: 200, bytes: 12_345 }]);
    });

    test('ends a body early without a declared length', async () => {
      const { bytes, error, length } = await read(
        await serveWith({ kind: 'unannounced', afterBytes: 12_345 }),
      );
      expect([bytes.length, error, length]).toEqual([12_345, undefined, null]);
    });

    test('stops sending a body without closing the connection', async () => {
      const registry = await serveWith({ kind: 'stall', afterBytes: 10 });
      const abort = new AbortController();
      const response = await fetch(registry.url + blobPath, { signal: abort.signal });
      const reader = (response.body as unknown as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
      expect((await reader.next()).value as Uint8Array).toHaveLength(10);
      const rest = reader.next();
      const isSilent = Symbol('silent');
      expect(await Promise.race([rest, new Promise((resolve) => setTimeout(resolve, 50, isSilent))])).toBe(
        isSilent,
      );
      abort.abort();
      await expect(rest).rejects.toThrow();
    });

    test('corrupts one byte', async () => {
      const { bytes } = await read(await serveWith({ kind: 'corrupt', atByte: 70_000 }));
      const wrong = [...bytes.keys()].filter((index) => bytes[index] !== blob[index]);
      expect([bytes.length, wrong]).toEqual([100_000, [70_000]]);
    });

    test.each([
      [5, 100_005],
      [-5, 99_995],
    ])('sends a body that is %d bytes too long', async (byBytes, expected) => {
      const { bytes, error, length } = await read(await serveWith({ kind: 'resize', byBytes }));
      expect([bytes.length, error, length]).toEqual([expected, undefined, String(expected)]);
    });

    test('sends a body slowly', async () => {
      const start = performance.now();
      const { bytes } = await read(await serveWith({ kind: 'slow', bytesPerSecond: 500_000 }));
      expect(bytes.equals(blob)).toBe(true);
      expect(performance.now() - start).toBeGreaterThan(140);
    });

    test('ignores ranges', async () => {
      const registry = await serveWith({ kind: 'ignore-range' });
      const answer = await call(registry, blobPath, { headers: { range: 'bytes=5-' } });
      expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '100000']);
    });
  });

  test('rejects an out-of-order chunk, and returns the current range of the upload', async () => {
    const registry = await openRegistry();
    const opened = await call(registry, '/v2/team/app/blobs/uploads/', { method: 'POST' });
    const session = opened.headers.get('location') ?? '';
    const send = (range: string): ReturnType<typeof call> =>
      call(registry, session, { method: 'PATCH', body: 'abcd', headers: { 'content-range': range } });
    expect((await send('0-3')).status).toBe(202);
    const refused = await send('8-11');
    expect([refused.status, refused.headers.get('range')]).toEqual([416, '0-3']);
    expect((await send('4-7')).headers.get('range')).toBe('0-7');
    expect((await call(registry, session.replace('state=', 'state=x'))).status).toBe(404);
  });

  test('mounts a blob from another repository', async () => {
    const registry = await openRegistry();
    const content = bytesOf('shared');
    const { digest } = describeBlob(content);
    registry.serveBlob('base/image', digest, content);
    const mount = await call(registry, `/v2/team/app/blobs/uploads/?mount=${digest}&from=base/image`, {
      method: 'POST',
    });
    expect([mount.status, mount.headers.get('location')]).toEqual([201, `/v2/team/app/blobs/${digest}`]);
    expect((await call(registry, `/v2/team/app/blobs/${digest}`)).text).toBe('shared');
  });
});
