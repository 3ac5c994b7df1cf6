import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../lambda-src/core/errors.ts';
import { planFaults, type FaultPlan } from '../helpers/registry-faults/faults.ts';
import type { LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryError } from '../../lambda-src/registry/registry-error.ts';
import { pushSample, sampleImage } from '../content/sample-content.ts';
import { openStore, useRegistries } from './registries.ts';

const openRegistry = useRegistries();

/** Opens a registry that returns these tag lists in order. The last one is repeated. */
function openListing(...answers: readonly { readonly body: string; readonly link?: string }[]) {
  const plans = answers.map(({ body, link }, index): FaultPlan => {
    const headers = { 'content-type': 'application/json', ...(link !== undefined && { link }) };
    const times = index === answers.length - 1 ? 'always' : [index + 1];
    return { path: /tags\/list$/, times, fault: { kind: 'status', status: 200, headers, body } };
  });
  return openRegistry({ faults: planFaults(plans) });
}

function pagesAsked({ log }: LocalRegistry): number {
  return log.filter(({ path }) => path === '/v2/team/app/tags/list').length;
}

describe('the tags of a repository', () => {
  test('are those that point to a manifest', async () => {
    const registry = await openRegistry();
    const store = openStore(registry);
    for (const tag of ['v1', 'latest', 'v2']) await pushSample(store, sampleImage('one'), tag);
    expect(await store.listTags()).toEqual(['latest', 'v1', 'v2']);
  });

  test.each(['{"name":"team/app","tags":null}', '{"name":"team/app","tags":[]}'])(
    'are empty if the registry responds with %s',
    async (body) => {
      expect(await openStore(await openListing({ body })).listTags()).toEqual([]);
    },
  );

  test('are read page by page, and each is listed once', async () => {
    const registry = await openListing(
      { body: '{"tags":["a","b"]}', link: '</v2/team/app/tags/list?n=1000&last=b>; rel="next"' },
      { body: '{"tags":["b","c"]}' },
    );
    expect(await openStore(registry).listTags()).toEqual(['a', 'b', 'c']);
    expect(pagesAsked(registry)).toBe(2);
  });

  test('are skipped if they are not valid tags', async () => {
    const registry = await openListing({ body: '{"tags":["a","../b","",1,null,"c?d"]}' });
    expect(await openStore(registry).listTags()).toEqual(['a']);
  });

  test('cause an error if their pages never end', async () => {
    const registry = await openListing({ body: '{"tags":["a"]}', link: '<?last=a>; rel="next"' });
    await expect(openStore(registry).listTags()).rejects.toThrow('more than 100 pages of tags');
    expect(pagesAsked(registry)).toBe(100);
  });

  test.each(['{"name":"team/app"}', '[]', '{"tags":{}}', '{"tags":"a"}', '<html>'])(
    'are rejected if the list is %s',
    async (body) => {
      const registry = await openListing({ body });
      await expect(openStore(registry).listTags()).rejects.toBeInstanceOf(FormatError);
      expect(pagesAsked(registry)).toBe(1);
    },
  );

  test('cause an error if the registry has no tag list', async () => {
    const fault = { kind: 'status', status: 404 } as const;
    const registry = await openRegistry({ faults: planFaults([{ path: /tags/, fault }]) });
    await expect(openStore(registry).listTags()).rejects.toBeInstanceOf(RegistryError);
  });
});
