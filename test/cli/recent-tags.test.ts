import { describe, expect, test } from '@jest/globals';
import { listTagsByName } from '../../lambda-src/cli/recent-tags.ts';
import { planFaults } from '../helpers/registry-faults/faults.ts';
import { pushImage } from '../helpers/images.ts';
import { openStore, useRegistries } from '../registry/registries.ts';

const openRegistry = useRegistries();

/** Pushes these tags, and lists the ones that are probably recent. */
async function listTagsOf(...tags: readonly string[]): Promise<readonly string[]> {
  const store = openStore(await openRegistry());
  for (const tag of tags) await pushImage(store, { tag });
  return listTagsByName({ listTags: () => store.listTags() });
}

describe('probably recent tags', () => {
  test.each([
    { what: 'counted', tags: ['v9', 'v10', 'v8'], sorted: ['v10', 'v9', 'v8'] },
    {
      what: 'versions',
      tags: ['1.9.0', '1.10.0', '1.10.0-soci'],
      sorted: ['1.10.0-soci', '1.10.0', '1.9.0'],
    },
    { what: 'dates', tags: ['2025-12-31', '2026-01-01'], sorted: ['2026-01-01', '2025-12-31'] },
  ])('are the last ones by name: $what', async ({ tags, sorted }) => {
    expect(await listTagsOf(...tags)).toEqual(sorted);
  });

  test('exclude tags for signatures and attestations', async () => {
    const digest = `sha256-${'0'.repeat(64)}`;
    expect(await listTagsOf('v1', digest, `${digest}.sig`, `${digest}0`)).toEqual(['v1', `${digest}0`]);
  });

  test.each([
    { kind: 'status', status: 403 },
    { kind: 'status', status: 404 },
    { kind: 'status', status: 503 },
    { kind: 'status', status: 200, body: '<html>' },
  ] as const)('are empty if the registry responds with %j', async (fault) => {
    const registry = await openRegistry({ faults: planFaults([{ path: /tags/, times: 'always', fault }]) });
    const store = openStore(registry);
    expect(await listTagsByName({ listTags: () => store.listTags() })).toEqual([]);
  });

  test('do not hide a programming error', async () => {
    const listTags = () => Promise.reject(new TypeError('a mistake'));
    await expect(listTagsByName({ listTags })).rejects.toThrow('a mistake');
  });
});
