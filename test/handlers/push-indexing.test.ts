// generator.test.ts tests what the generator does with these tags.
import { describe, expect, test } from '@jest/globals';
import { parseTargetTagTemplate } from '../../lambda-src/core/soci/target-tag.ts';
import { DeadlineError } from '../../lambda-src/handlers/deadline.ts';
import { findRecentTags } from '../../lambda-src/handlers/push-indexing.ts';
import { useAws } from '../helpers/aws.ts';
import { captureLogLines } from '../helpers/captured-output.ts';
import { ociTypes } from '../helpers/images.ts';

const openAws = useAws();
const logLines = captureLogLines();
const never = new AbortController().signal;

function settings(version: 'V1' | 'V2', template: string) {
  return { version, targetTagTemplate: parseTargetTagTemplate(template) };
}

describe('findRecentTags', () => {
  test.each([
    { version: 'V2', template: '{tag}-soci', tags: ['v2-soci', 'v1-soci'] },
    { version: 'V2', template: '{tag}', tags: ['v2-soci', 'v2', 'v1-soci'] },
    // Nothing in an image shows whether a referrer exists.
    { version: 'V1', template: '{tag}-soci', tags: ['v2-soci', 'v2', 'plain-soci', 'v1-soci'] },
  ] as const)('by $version with $template, returns $tags', async ({ version, template, tags }) => {
    const images = [
      { tag: 'v1-soci', type: ociTypes.index },
      { tag: 'plain-soci', type: ociTypes.manifest },
      { tag: 'v2', type: ociTypes.index },
      { tag: 'v2-soci', type: ociTypes.index },
    ];
    await openAws({
      describeImages: () => ({
        imageDetails: images.map(({ tag, type }, place) => ({
          imageTags: [tag],
          imageManifestMediaType: type,
          imagePushedAt: 1_700_000_000 + place,
        })),
      }),
    });
    expect(await findRecentTags('team/web', settings(version, template), never)).toEqual(tags);
    expect(logLines()).toEqual([]);
  });

  test('stops without a log line when time is up', async () => {
    await openAws();
    const reason = new DeadlineError('time is up');
    const asked = findRecentTags('team/web', settings('V2', '{tag}-soci'), AbortSignal.abort(reason));
    await expect(asked).rejects.toBe(reason);
    expect(logLines()).toEqual([]);
  });
});
