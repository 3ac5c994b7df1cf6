import { expect, test } from '@jest/globals';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { explain } from '../../lambda-src/core/reasons.ts';
import { countIndexedLayers } from '../../lambda-src/handlers/image-report.ts';

test('counts a layer with a reused zTOC as indexed, but not a skipped layer', () => {
  const digest = digestOf(Buffer.from('a layer'));
  const ztoc = { digest, size: 1, spans: 1, files: 1 };
  const layers = [
    { digest, status: 'indexed', ztoc },
    { digest, status: 'reused', ztoc },
    { digest, status: 'skipped', ...explain('too-small') },
  ] as const;
  const indexes = [{ platform: 'linux/amd64', layers }];
  expect(countIndexedLayers({ status: 'superseded', ...explain('tag-moved'), indexes })).toBe(2);
});
