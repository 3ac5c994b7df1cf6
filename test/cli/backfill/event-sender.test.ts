import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openLambda } from '../../../lambda-src/aws/invoke-function.ts';
import { nameImage, sendEvents } from '../../../lambda-src/cli/backfill/event-sender.ts';
import { Journal } from '../../../lambda-src/cli/backfill/journal.ts';
import { digestOf } from '../../../lambda-src/core/oci/descriptor.ts';
import { useAws } from '../../helpers/aws.ts';
import { makeTemporaryFolder } from '../../helpers/temporary-folder.ts';

const openAws = useAws();
const folder = makeTemporaryFolder();

const images = ['v1', 'v2', 'v3'].map((tag) => ({
  repository: 'team/app',
  tag,
  digest: digestOf(Buffer.from(tag)),
  pushedAtMilliseconds: 0,
  bytes: 1,
}));

async function send(journal: Journal, onSent: (count: number) => void) {
  let invoked = 0;
  await openAws({ onInvoke: () => invoked++ });
  const outcome = await sendEvents(images, {
    lambda: openLambda('eu-west-1'),
    functionName: 'name-filter',
    place: { account: '111122223333', region: 'eu-west-1' },
    force: false,
    journal,
    rate: 1_000_000,
    interruption: new AbortController().signal,
    onSent,
    onWait: () => {},
  });
  return { outcome, invoked };
}

test('each image is sent, and recorded in the journal before it is counted', async () => {
  const path = join(folder, 'journal.jsonl');
  const journal = await Journal.open(path, 'key');
  const recorded: number[] = [];
  const { outcome, invoked } = await send(journal, (count) => {
    recorded.push(readFileSync(path, 'utf8').trim().split('\n').length - count);
  });
  await journal.close();
  expect({ outcome, invoked, recorded }).toEqual({ outcome: { sent: 3 }, invoked: 3, recorded: [0, 0, 0] });
});

test('an image that the journal cannot record counts as sent, and is the last one', async () => {
  const path = join(folder, 'closed.jsonl');
  const journal = await Journal.open(path, 'key');
  await journal.close();
  const counts: number[] = [];
  const { outcome, invoked } = await send(journal, (count) => counts.push(count));
  expect({ invoked, counts }).toEqual({ invoked: 1, counts: [] });
  expect(outcome).toEqual({
    sent: 1,
    failure: {
      image: nameImage(images[0]!),
      reason: 'file-error',
      message: expect.stringContaining(`the journal ${path} cannot be written: `),
    },
  });
  expect(existsSync(path)).toBe(true);
});
