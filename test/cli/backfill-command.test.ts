import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { commandLinePath, type Finished, runSociIndex } from '../helpers/command-line.ts';
import {
  accountId,
  type DescribedImage,
  EcrAccount,
  type EcrAccountOptions,
  region,
} from '../helpers/ecr-account.ts';
import { createRandom } from '../helpers/random.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { sleepTurns } from '../helpers/turn-timers.ts';

const folder = makeTemporaryFolder();
const day = 24 * 60 * 60;
const now = Math.floor(Date.now() / 1000);

const filterSettings = {
  SOCI_FILTERS: '*:*',
  SOCI_INDEX_VERSION: 'V2',
  SOCI_TARGET_TAG_TEMPLATE: '{tag}-soci',
  GENERATOR_FUNCTION_NAME: 'soci-generator',
  SOCI_INDEX_REPLICATED_IMAGES: 'false',
};

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** An image of 1 MiB with the tags, pushed so many days ago. */
function image(tags: readonly string[], daysAgo = 1, more: Partial<DescribedImage> = {}): DescribedImage {
  return {
    imageDigest: digestOf(`${tags.join()} ${daysAgo} ${JSON.stringify(more)}`),
    ...(tags.length > 0 && { imageTags: tags }),
    imageSizeInBytes: 1024 * 1024,
    imagePushedAt: now - daysAgo * day,
    imageManifestMediaType: 'application/vnd.oci.image.index.v1+json',
    ...more,
  };
}

type Registry = Readonly<Record<string, readonly DescribedImage[]>>;

const opened: EcrAccount[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((account) => account.close()));
});

async function openAccount(registry: Registry, more: Partial<EcrAccountOptions> = {}): Promise<EcrAccount> {
  const account = await EcrAccount.open({
    repositories: Object.keys(registry),
    images: (repository) => registry[repository] ?? [],
    functions: { 'soci-filter': filterSettings },
    ...more,
  });
  opened.push(account);
  return account;
}

let journals = 0;
function newJournal(): string {
  return join(folder, `journal-${++journals}`, 'backfill.jsonl');
}

interface Asked {
  readonly journal?: string;
  readonly functionName?: string | null;
}

function wordsOf(args: readonly string[], { journal = newJournal(), functionName = 'soci-filter' }: Asked) {
  const named = functionName === null ? [] : ['--function', functionName];
  return ['backfill', ...named, '--state', journal, ...args];
}

function run(account: EcrAccount, args: readonly string[], asked: Asked = {}): Promise<Finished> {
  // Nothing waits for the rate but the test of the rate.
  const words = args.includes('--rate') ? args : [...args, '--rate', '1000'];
  return runSociIndex(wordsOf(words, asked), account.environment);
}

interface Report {
  readonly status: string;
  readonly matched: number;
  readonly alreadyIndexed: number;
  readonly invoked: number;
  readonly left: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly bytes: number;
  readonly repositories: readonly unknown[];
  readonly failed: readonly Readonly<Record<string, string>>[];
  readonly state: string;
  readonly seconds: number;
}

async function report(account: EcrAccount, args: readonly string[], asked: Asked = {}): Promise<Report> {
  const { stdout } = await run(account, [...args, '--json'], asked);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  return JSON.parse(stdout) as Report;
}

/** Several hundred tags over repositories of several pages, newest in the middle. */
const large: Registry = Object.fromEntries(
  ['prod/web', 'prod/api', 'prod/worker', 'dev/web'].map((repository) => [
    repository,
    Array.from({ length: 90 }, (_, index) =>
      image([`v${index}`], 1 + ((index * 37) % 90), {
        imageDigest: digestOf(`${repository} ${index}`),
      }),
    ),
  ]),
);

const largeProd = ['prod/web', 'prod/api', 'prod/worker'].flatMap((repository) =>
  large[repository]!.map(({ imageDigest, imageTags }) => `${repository}:${imageTags![0]!}@${imageDigest}`),
);

describe('soci-index backfill', () => {
  test('invokes the filter once for each image that matches, newest first, over all pages', async () => {
    const account = await openAccount(large);
    const { exitCode, stdout } = await run(account, ['--filter', 'prod/*:*', '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'done',
      matched: 270,
      alreadyIndexed: 0,
      invoked: 270,
      left: 0,
      skipped: {},
      bytes: 270 * 1024 * 1024,
      failed: [],
    });
    expect([...account.invoked].sort()).toEqual([...largeProd].sort());
    const pushedAt = new Map(
      Object.values(large)
        .flat()
        .map((one) => [one.imageDigest, one.imagePushedAt]),
    );
    const times = account.invocations.map(({ event }) => pushedAt.get(event.detail['image-digest']!)!);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(account.inputsOf('DescribeImages').map((input) => input['repositoryName'])).not.toContain(
      'dev/web',
    );
  });

  test('makes events that are those of ECR', async () => {
    const config = 'application/vnd.oci.image.config.v1+json';
    const manifest = 'application/vnd.oci.image.manifest.v1+json';
    const registry = {
      app: [
        image(['index']),
        image(['single'], 2, { imageManifestMediaType: manifest, artifactMediaType: config }),
      ],
    };
    const account = await openAccount(registry);
    await run(account, ['--filter', 'app:*']);
    expect(account.invocations.map(({ functionName }) => functionName)).toEqual([
      'soci-filter',
      'soci-filter',
    ]);
    expect(account.invocations[0]!.event).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
      'detail-type': 'ECR Image Action',
      source: 'aws.ecr',
      account: accountId,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as unknown,
      region,
      resources: [],
      detail: {
        result: 'SUCCESS',
        'repository-name': 'app',
        'image-digest': registry.app[0]!.imageDigest,
        'action-type': 'PUSH',
        'image-tag': 'index',
        'manifest-media-type': 'application/vnd.oci.image.index.v1+json',
      },
    });
    expect(account.invocations[1]!.event.detail).toMatchObject({
      'manifest-media-type': manifest,
      'artifact-media-type': config,
    });
  });

  test('does not list the repositories where every filter names one', async () => {
    const account = await openAccount({ app: [image(['v1'])], other: [image(['v1'])] });
    expect(await report(account, ['--filter', 'app:v*'])).toMatchObject({ invoked: 1 });
    expect(account.inputsOf('DescribeRepositories')).toEqual([]);
    expect(account.inputsOf('DescribeImages')).toEqual([{ repositoryName: 'app', maxResults: 1000 }]);
  });

  test('lists a repository once, whether a filter names it or a wildcard means it', async () => {
    const account = await openAccount({ app: [image(['v1'])], 'app/b': [image(['v2'])] });
    const args = ['--filter', 'app:v1', '--filter', 'app*:v1, *:v2'];
    expect(await report(account, args)).toMatchObject({ invoked: 2, skipped: {} });
    expect(account.inputsOf('DescribeImages')).toHaveLength(2);
  });

  test('passes over what is indexed, and what is not an image, and counts it', async () => {
    const account = await openAccount({
      app: [
        image(['done'], 5),
        image(['done-soci'], 4),
        image(['moved'], 3),
        image(['moved-soci'], 4),
        image(['todo'], 2),
        image([], 2),
        image([], 2, { artifactMediaType: 'application/vnd.amazon.soci.index.v2+json' }),
        image([`sha256-${'a'.repeat(64)}.sig`], 2),
        image(['chart'], 2, { artifactMediaType: 'application/vnd.cncf.helm.config.v1+json' }),
        image(['other'], 2),
      ],
    });
    expect(await report(account, ['--filter', 'app:*o*,app:chart,app:sha*'])).toMatchObject({
      matched: 4,
      alreadyIndexed: 1,
      invoked: 3,
      skipped: { 'own-tag': 2, untagged: 1, 'not-an-image': 3 },
    });
    expect(account.invoked.map((name) => name.split('@')[0])).toEqual(['app:other', 'app:todo', 'app:moved']);
  });

  test('goes by the settings of the filter function', async () => {
    const functions = {
      'soci-filter': {
        ...filterSettings,
        SOCI_FILTERS: 'app:release-*',
        SOCI_TARGET_TAG_TEMPLATE: 'lazy-{tag}',
      },
    };
    const registry = {
      app: [image(['release-1']), image(['lazy-release-1']), image(['release-2']), image(['x'])],
    };
    const account = await openAccount(registry, { functions });
    const { stdout, stderr } = await run(account, ['--filter', 'app:*', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      matched: 2,
      alreadyIndexed: 1,
      invoked: 1,
      skipped: { 'own-tag': 1, 'not-in-function-filters': 1 },
    });
    expect(stderr).toContain(
      'soci-filter indexes only images that match app:release-*; sending those that also match app:*',
    );
  });

  test('takes the defaults of the module, and says so, where the settings cannot be read', async () => {
    const registry = { app: [image(['v1']), image(['v1-soci']), image(['v2'])] };
    const account = await openAccount(registry, {
      refuse: ({ action }) =>
        action === 'GetFunctionConfiguration'
          ? { status: 403, type: 'AccessDeniedException', message: 'not allowed' }
          : undefined,
    });
    const { stdout, stderr } = await run(account, ['--filter', 'app:*', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ matched: 2, alreadyIndexed: 1, invoked: 1 });
    expect(stderr).toContain('could not read the settings of soci-filter (not allowed)');
    expect(stderr).toContain('lambda:GetFunctionConfiguration');
  });

  test('with V1 invokes once for an image, whichever of its tags match', async () => {
    const functions = { 'soci-filter': { ...filterSettings, SOCI_INDEX_VERSION: 'V1' } };
    const indexed = image(['indexed']);
    const registry = {
      app: [
        image(['a', 'b', 'c']),
        indexed,
        image([], 1, {
          artifactMediaType: 'application/vnd.amazon.soci.index.v1+json',
          subjectManifestDigest: indexed.imageDigest,
        }),
      ],
    };
    const account = await openAccount(registry, { functions });
    expect(await report(account, ['--filter', 'app:*'])).toMatchObject({
      matched: 2,
      alreadyIndexed: 1,
      invoked: 1,
      skipped: { 'other-tag-of-image': 2, 'not-an-image': 1 },
    });
    expect(account.invoked).toEqual([`app:a@${registry.app[0]!.imageDigest}`]);
  });

  test('with --recheck takes nothing for indexed', async () => {
    const account = await openAccount({ app: [image(['v1'], 5), image(['v1-soci'], 4)] });
    expect(await report(account, ['--filter', 'app:*', '--recheck'])).toMatchObject({
      matched: 1,
      alreadyIndexed: 0,
      invoked: 1,
    });
  });

  test('with --force asks the generator to believe nothing, also for images that were just sent without it', async () => {
    const account = await openAccount({ app: [image(['v1'], 5), image(['v1-soci'], 4)] });
    const journal = newJournal();
    await report(account, ['--filter', 'app:*', '--recheck'], { journal });
    expect(account.invocations.at(-1)!.event).not.toHaveProperty('soci-index-builder-force');
    expect(await report(account, ['--filter', 'app:*', '--force'], { journal })).toMatchObject({
      invoked: 1,
      skipped: {},
    });
    expect(account.invocations.at(-1)!.event).toHaveProperty('soci-index-builder-force', true);
    expect(await report(account, ['--filter', 'app:*', '--force'], { journal })).toMatchObject({
      invoked: 0,
    });
  });

  test('with --since leaves older images alone', async () => {
    const account = await openAccount({ app: [image(['new'], 2), image(['old'], 4)] });
    expect(await report(account, ['--filter', 'app:*', '--since', '3d'])).toMatchObject({
      invoked: 1,
      skipped: { 'before-since': 1 },
    });
    expect(account.invoked[0]).toMatch(/^app:new@/);
  });

  // Otherwise --max-images would take other images than its dry run has named.
  test.each(['prod/a', 'prod/b'])(
    'takes images that were pushed at the same time by name, also if the list of %s comes last',
    async (last) => {
      let isOtherListed = () => {};
      const otherListed = new Promise<void>((resolve) => (isOtherListed = resolve));
      const account = await openAccount(
        { 'prod/a': [image(['v2', 'v1'])], 'prod/b': [image(['v2', 'v1'])] },
        {
          images: async (repository) => {
            if (repository === last) await otherListed.then(() => sleepTurns(100));
            else isOtherListed();
            return [image(['v2', 'v1'])];
          },
        },
      );
      await run(account, ['--filter', 'prod/*:*', '--max-images', '3']);
      expect(account.invoked.map((name) => name.split('@')[0])).toEqual([
        'prod/a:v1',
        'prod/a:v2',
        'prod/b:v1',
      ]);
    },
  );

  test('with --max-images takes the newest, and the next run goes on', async () => {
    const account = await openAccount({ app: [3, 1, 2].map((days) => image([`v${days}`], days)) });
    const journal = newJournal();
    const args = ['--filter', 'app:*', '--max-images', '2'];
    expect(await report(account, args, { journal })).toMatchObject({ status: 'done', invoked: 2, left: 1 });
    expect(await report(account, args, { journal })).toMatchObject({
      invoked: 1,
      left: 0,
      skipped: { 'recently-invoked': 2 },
    });
    expect(account.invoked.map((name) => name.split('@')[0])).toEqual(['app:v1', 'app:v2', 'app:v3']);
  });

  test('with --dry-run invokes nothing, writes nothing, and needs no function', async () => {
    const account = await openAccount({
      'prod/small': [image(['v1'])],
      'prod/large': [image(['v1'], 1, { imageSizeInBytes: 3_000_000_000 }), image(['v2'], 2)],
    });
    const journal = newJournal();
    const asked = { journal, functionName: null };
    expect(await report(account, ['--filter', 'prod/*:*', '--dry-run'], asked)).toMatchObject({
      status: 'dry-run',
      matched: 3,
      invoked: 0,
      left: 3,
      bytes: 3_000_000_000 + 2 * 1024 * 1024,
      repositories: [
        { repository: 'prod/large', images: 2, bytes: 3_000_000_000 + 1024 * 1024 },
        { repository: 'prod/small', images: 1, bytes: 1024 * 1024 },
      ],
    });
    const { exitCode, stdout } = await run(account, ['--filter', 'prod/*:*', '--dry-run'], asked);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      [
        'dry run: 3 images would be indexed, 2.8 GiB compressed',
        '  3 tags matched, 0 already indexed',
        '  repository  images  compressed',
        '  prod/large       2     2.8 GiB',
        '  prod/small       1     1.0 MiB',
        '',
      ].join('\n'),
    );
    expect(account.invocations).toEqual([]);
    expect(existsSync(journal)).toBe(false);
  });

  test('holds its rate', async () => {
    const account = await openAccount({ app: Array.from({ length: 9 }, (_, index) => image([`v${index}`])) });
    await run(account, ['--filter', 'app:*', '--rate', '8']);
    const times = account.invocations.map(({ atMilliseconds }) => atMilliseconds);
    expect(times).toHaveLength(9);
    // Of eight gaps of an eighth of a second, all but the first: how long the first event was on its way is unknown. Each
    // timer may be a millisecond early.
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(7 * 125 - 8);
  });
});

describe('where AWS is busy', () => {
  test('lists are asked for again', async () => {
    let refusals = 0;
    const account = await openAccount(large, {
      refuse: ({ action }) =>
        action.startsWith('Describe') && ++refusals <= 3
          ? { status: 400, type: 'ThrottlingException', message: 'Rate exceeded' }
          : undefined,
    });
    expect(await report(account, ['--filter', 'prod/*:*', '--dry-run'])).toMatchObject({
      matched: 270,
      failed: [],
    });
  });

  test('an event that Lambda does not take is sent again, and no image is lost', async () => {
    let refusals = 0;
    const account = await openAccount(
      { app: [image(['v1']), image(['v2'])] },
      {
        refuse: ({ action }) =>
          // All three tries of the SDK's, and one more.
          action === 'Invoke' && ++refusals <= 4
            ? { status: 429, type: 'TooManyRequestsException', message: 'Rate Exceeded.' }
            : undefined,
      },
    );
    const { exitCode, stderr } = await run(account, ['--filter', 'app:*']);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('Lambda did not accept the event (Rate Exceeded.): retrying in 1 second');
    expect(account.invoked.map((name) => name.split('@')[0])).toEqual(['app:v1', 'app:v2']);
  });
});

describe('what cannot be done', () => {
  test('ends at the first image that Lambda refuses for good: the others would fare no better', async () => {
    const account = await openAccount(
      { app: [image(['v1']), image(['v2'], 2), image(['v3'], 3)] },
      {
        refuse: ({ action, input }) =>
          action === 'Invoke' && JSON.stringify(input).includes('"v2"')
            ? { status: 403, type: 'AccessDeniedException', message: 'not allowed to invoke' }
            : undefined,
      },
    );
    const journal = newJournal();
    const { exitCode, stdout } = await run(account, ['--filter', 'app:*', '--json'], { journal });
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'failed',
      invoked: 1,
      left: 2,
      failed: [
        {
          image: expect.stringMatching(/^app:v2@/) as unknown,
          reason: 'access-denied',
          message: 'not allowed to invoke',
        },
      ],
    });
    expect(readFileSync(journal, 'utf8').trim().split('\n')).toHaveLength(1);
  });

  test('a repository that cannot be listed is named, and the others are dealt with', async () => {
    const account = await openAccount({ app: [image(['v1'])] });
    const { exitCode, stdout } = await run(account, ['--filter', 'gone:*', '--filter', 'app:*', '--json']);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'failed',
      invoked: 1,
      failed: [
        {
          repository: 'gone',
          reason: 'aws-error',
          message: "The repository with name 'gone' does not exist",
        },
      ],
    });
  });

  test('a registry that cannot be listed fails, with a JSON object and without a secret', async () => {
    const account = await openAccount(
      {},
      {
        refuse: () => ({
          status: 400,
          type: 'AccessDeniedException',
          message: 'no ecr:DescribeRepositories',
        }),
      },
    );
    const { exitCode, stdout, stderr } = await run(account, ['--filter', '*:*', '--json']);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'failed',
      failed: [{ reason: 'access-denied', message: 'no ecr:DescribeRepositories' }],
    });
    expect(stderr).toContain('no ecr:DescribeRepositories');
    expect(stdout + stderr).not.toContain('never-to-be-seen');
  });

  test.each<readonly [string, readonly string[], Asked, RegExp]>([
    ['no filter', [], {}, /required option '--filter/],
    ['an invalid filter', ['--filter', 'prod'], {}, /is not REPOSITORY:TAG/],
    ['an empty filter among others', ['--filter', 'a:b', '--filter', 'c:d,'], {}, /is empty/],
    ['no function', ['--filter', 'a:b'], { functionName: null }, /--function is missing/],
    [
      'a function that is a path',
      ['--filter', 'a:b'],
      { functionName: '../f' },
      /name or ARN of a Lambda function/,
    ],
    ['an invalid region', ['--filter', 'a:b', '--region', 'Ireland'], {}, /name of a region/],
    [
      'two regions',
      ['--filter', 'a:b', '--region', 'eu-west-2'],
      { functionName: `arn:aws:lambda:eu-west-1:${accountId}:function:f` },
      /in eu-west-1, but --region is eu-west-2/,
    ],
    ['a rate of none', ['--filter', 'a:b', '--rate', '0'], {}, /above 0/],
    ['a rate above all quotas', ['--filter', 'a:b', '--rate', '1001'], {}, /at most 1000/],
    ['no image at all', ['--filter', 'a:b', '--max-images', '0'], {}, /1 or more/],
    ['an invalid time', ['--filter', 'a:b', '--since', 'yesterday'], {}, /a date such as/],
    [
      'the generator in place of the filter',
      ['--filter', 'a:b'],
      { functionName: 'soci-generator' },
      /is not a filter function/,
    ],
    [
      'a function of another account',
      ['--filter', 'a:b'],
      { functionName: 'arn:aws:lambda:eu-west-1:444455556666:function:soci-filter' },
      /is in account 444455556666, but the registry is in account 111122223333/,
    ],
  ])('%s: wrong usage', async (_, args, asked, words) => {
    const account = await openAccount(
      { a: [image(['b'])] },
      { functions: { 'soci-filter': filterSettings, 'soci-generator': { SOCI_INDEX_VERSION: 'V2' } } },
    );
    const { exitCode, stderr } = await runSociIndex(wordsOf(args, asked), account.environment);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringMatching(words) as unknown });
    expect(account.invocations).toEqual([]);
  });
});

/** Starts the command, and sends the signal when so many images have been invoked. */
function startAndStop(
  account: EcrAccount,
  args: readonly string[],
  journal: string,
  signal: NodeJS.Signals,
  stopNow: () => boolean,
): Promise<Finished & { readonly signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [commandLinePath, ...wordsOf(args, { journal })], {
      env: { ...process.env, ...account.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (piece: Buffer) => (output.stdout += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (output.stderr += piece.toString()));
    const watch = setInterval(() => {
      if (!stopNow()) return;
      clearInterval(watch);
      child.kill(signal);
    }, 1);
    child.on('error', reject);
    child.on('close', (exitCode, endedBy) => {
      clearInterval(watch);
      resolve({ exitCode, signal: endedBy, ...output });
    });
  });
}

function countTwice(invoked: readonly string[]): number {
  return invoked.length - new Set(invoked).size;
}

describe('interrupted and run again', () => {
  const args = ['--filter', 'prod/*:*', '--rate', '1000', '--json'];
  const random = createRandom(8);
  const moments = Array.from({ length: 3 }, () => random.below(250));

  test('by Ctrl-C, each image is invoked exactly once', async () => {
    const account = await openAccount(large);
    const journal = newJournal();
    for (const moment of [0, 30, 160]) {
      const stopNow = () => account.invocations.length > moment;
      const { exitCode, stdout, stderr } = await startAndStop(account, args, journal, 'SIGINT', stopNow);
      expect(exitCode).toBe(1);
      const { status, invoked, left } = JSON.parse(stdout) as Report;
      expect(status).toBe('interrupted');
      expect(invoked).toBeGreaterThan(0);
      expect(account.invoked).toHaveLength(270 - left);
      expect(stderr).toContain('stopping after the current image');
    }
    expect(await report(account, args, { journal })).toMatchObject({ status: 'done', left: 0 });
    expect([...account.invoked].sort()).toEqual([...largeProd].sort());
  });

  test('by Ctrl-C before anything was invoked, it says so', async () => {
    const account = await openAccount(large, {
      images: () => new Promise(() => {}), // never an answer
    });
    const stopNow = () => account.inputsOf('DescribeImages').length > 0;
    const { exitCode, stdout } = await startAndStop(account, args, newJournal(), 'SIGINT', stopNow);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'interrupted', invoked: 0 });
  });

  test.each(moments)(
    'by SIGKILL after %i, at most one image is invoked twice, and none is lost',
    async (moment) => {
      const account = await openAccount(large);
      const journal = newJournal();
      const stopNow = () => account.invocations.length > moment;
      const { signal } = await startAndStop(account, args, journal, 'SIGKILL', stopNow);
      expect(signal).toBe('SIGKILL');
      expect(await report(account, args, { journal })).toMatchObject({ status: 'done', left: 0 });
      expect([...new Set(account.invoked)].sort()).toEqual([...largeProd].sort());
      expect(countTwice(account.invoked)).toBeLessThanOrEqual(1);
    },
  );

  test('while Lambda holds its answer back, the image at hand is invoked twice and no other', async () => {
    let hold = true;
    const account = await openAccount(large, {
      onInvoke: () => (hold && account.invocations.length === 20 ? new Promise(() => {}) : undefined),
    });
    const journal = newJournal();
    await startAndStop(account, args, journal, 'SIGKILL', () => account.invocations.length === 20);
    hold = false;
    await report(account, args, { journal });
    expect(account.invoked).toHaveLength(271);
    expect(account.invoked[19]).toBe(account.invoked[20]);
  });

  test('a line that was cut off costs its image only, and the line after it none', async () => {
    const account = await openAccount({ app: [image(['v1']), image(['v2'], 2), image(['v3'], 3)] });
    const journal = newJournal();
    await report(account, ['--filter', 'app:*', '--max-images', '2'], { journal });
    const whole = readFileSync(journal, 'utf8');
    writeFileSync(journal, whole.slice(0, -40));
    expect(await report(account, ['--filter', 'app:*'], { journal })).toMatchObject({ invoked: 2 });
    expect(await report(account, ['--filter', 'app:*'], { journal })).toMatchObject({
      invoked: 0,
      skipped: { 'recently-invoked': 3 },
    });
  });

  test('the journal of one function means nothing to another, and nothing after a day', async () => {
    const account = await openAccount({ app: [image(['v1'])] });
    const journal = newJournal();
    const args = ['--filter', 'app:*'];
    await report(account, args, { journal });
    expect(await report(account, args, { journal, functionName: 'other' })).toMatchObject({ invoked: 1 });
    expect(await report(account, args, { journal })).toMatchObject({ invoked: 0 });
    const arn = `arn:aws:lambda:${region}:${accountId}:function:soci-filter`;
    expect(await report(account, args, { journal, functionName: arn })).toMatchObject({ invoked: 0 });

    const dayOld = new Date(Date.now() - (day + 1) * 1000).toISOString();
    writeFileSync(journal, readFileSync(journal, 'utf8').replace(/"at":"[^"]*"/g, `"at":"${dayOld}"`));
    appendFileSync(journal, 'null\n[]\n{"at":1}\n\n');
    expect(await report(account, args, { journal })).toMatchObject({ invoked: 1 });
  });
});
