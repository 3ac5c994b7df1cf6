import { describe, expect, test } from '@jest/globals';
import { planFaults, seedFaults, type Fault } from './faults.ts';

const drop: Fault = { kind: 'drop' };
const busy: Fault = { kind: 'status', status: 503 };

describe('planned faults', () => {
  test('affect the matching requests, as often as planned', () => {
    const source = planFaults([
      { method: 'GET', path: /blobs/, times: [1, 3], fault: drop },
      { path: /token/, times: 'always', fault: busy },
    ]);
    const get = { method: 'GET', path: '/v2/a/blobs/b' };
    const put = { method: 'PUT', path: '/v2/a/blobs/b' };
    const token = { method: 'GET', path: '/token' };
    expect([get, put, get, get, get].map(source)).toEqual([drop, undefined, undefined, drop, undefined]);
    expect([token, token].map(source)).toEqual([busy, busy]);
  });

  test('come from the first of two plans for the same request', () => {
    const source = planFaults([{ fault: drop }, { fault: busy }]);
    expect(source({ method: 'GET', path: '/' })).toBe(drop);
  });

  test('count a request even if an earlier plan decides it', () => {
    const source = planFaults([
      { times: [1], fault: drop },
      { times: [2], fault: busy },
    ]);
    const request = { method: 'GET', path: '/' };
    expect([source(request), source(request), source(request)]).toEqual([drop, busy, undefined]);
  });
});

describe('seeded faults', () => {
  const requests = Array.from({ length: 2000 }, (_, index) => ({
    method: 'GET',
    path: `/v2/a/blobs/${index % 50}`,
  }));
  const draw = (seed: string, probability: number, order = requests): (Fault | undefined)[] => {
    const source = seedFaults(seed, probability, () => [drop, busy]);
    return order.map(source);
  };

  test('are the same for the same seed, and different for another seed', () => {
    expect(draw('1', 0.3)).toEqual(draw('1', 0.3));
    expect(draw('1', 0.3)).not.toEqual(draw('2', 0.3));
  });

  test('occur with the given probability, and include every kind', () => {
    const faults = draw('1', 0.3).filter((fault) => fault !== undefined);
    expect(faults.length / requests.length).toBeGreaterThan(0.25);
    expect(faults.length / requests.length).toBeLessThan(0.35);
    expect(new Set(faults)).toEqual(new Set([drop, busy]));
    expect(draw('1', 0).filter((fault) => fault !== undefined)).toEqual([]);
    expect(draw('1', 1)).not.toContain(undefined);
  });

  test('do not depend on the order of requests for different content', () => {
    const forward = [1, 2, 3].map((id) => ({ method: 'GET', path: `/blobs/${id}` }));
    const backward = [...forward].reverse();
    expect(draw('seed', 0.5, backward).reverse()).toEqual(draw('seed', 0.5, forward));
  });

  test('do not depend on the random name of an upload', () => {
    const session = (id: string): { method: string; path: string } => ({
      method: 'PUT',
      path: `/v2/a/blobs/uploads/${id}`,
    });
    for (let seed = 0; seed < 20; seed++) {
      expect(draw(String(seed), 0.5, [session('x')])).toEqual(draw(String(seed), 0.5, [session('y')]));
    }
  });

  test('do not occur if there is no possible fault', () => {
    expect(seedFaults('1', 1, () => [])({ method: 'GET', path: '/' })).toBeUndefined();
  });
});
