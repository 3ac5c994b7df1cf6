// Runs a backfill, which is stopped and run again, on a registry with several hundred images, most of them without an
// index. Uses the functions' own handlers and a registry that behaves like ECR, where unnecessary pushes would be
// visible.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createGenerator } from '../../lambda-src/handlers/generator.ts';
import { handler as filterHandler } from '../../lambda-src/handlers/filter.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import {
  createLocalRegistry,
  ecrWays,
  type LocalRegistry,
} from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { lambdaContext } from '../handlers/lambda-invocation.ts';
import { captureLogLines } from '../helpers/captured-output.ts';
import { commandLinePath } from '../helpers/command-line.ts';
import { type DescribedImage, EcrAccount } from '../helpers/ecr-account.ts';
import { gzipLayer, linuxAmd64, linuxArm64, ociTypes, pushImage, pushIndex } from '../helpers/images.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const repositories = ['prod/web', 'prod/api', 'prod/worker'];
const tagsEach = 80;
const minute = 60;
const pushedAt = Math.floor(Date.now() / 1000) - 60 * minute;

const journal = join(makeTemporaryFolder(), 'backfill.jsonl');
captureLogLines();

const tagsOf = (repository: string) =>
  Array.from({ length: tagsEach }, (_, index) => `${repository.slice(5)}-${index}`);

describe('a backfill that is stopped twice and run again', () => {
  const environment = { ...process.env };
  let registry: LocalRegistry;
  let account: EcrAccount;
  /** The listing of each repository's tags, in order. The entry of a tag does not change later. */
  const listed = new Map<string, DescribedImage[]>(repositories.map((repository) => [repository, []]));
  /** Running invocations of the functions. */
  const running = new Set<Promise<unknown>>();

  const openStore = (repository: string) =>
    new RegistryStore({
      registry: registry.host,
      repository,
      credentials: () => Promise.resolve({ kind: 'password', ...ecrWays.access }),
    });

  beforeAll(async () => {
    registry = await createLocalRegistry({ ...ecrWays, immutableTags: false });
    for (const repository of repositories) {
      const store = openStore(repository);
      for (const tag of tagsOf(repository)) {
        const entries = [
          await pushImage(store, { platform: linuxAmd64, layers: [gzipLayer(`${tag}-amd64`)] }),
          await pushImage(store, { platform: linuxArm64, layers: [gzipLayer(`${tag}-arm64`)] }),
        ];
        const imageDigest = await pushIndex(store, entries, { tag });
        listed.get(repository)!.push({
          imageDigest,
          imageTags: [tag],
          imagePushedAt: pushedAt,
          imageSizeInBytes: 200,
          imageManifestMediaType: ociTypes.index,
        });
      }
    }
    const settings = {
      SOCI_FILTERS: 'prod/*:*',
      SOCI_INDEX_VERSION: 'V2',
      SOCI_TARGET_TAG_TEMPLATE: '{tag}-soci',
      GENERATOR_FUNCTION_NAME: 'generator',
      SOCI_INDEX_REPLICATED_IMAGES: 'false',
    };
    const generate = createGenerator(ownThread);
    const follow = (work: Promise<unknown>) => {
      running.add(work);
      void work.finally(() => running.delete(work));
    };
    account = await EcrAccount.open({
      repositories,
      images: (repository) => listed.get(repository)!,
      functions: { filter: settings },
      authorization: {
        authorizationToken: Buffer.from(`AWS:${ecrWays.access.password}`).toString('base64'),
        expiresAt: pushedAt + 24 * 60 * minute,
        proxyEndpoint: registry.url,
      },
      // Lambda answers before a function has run.
      onInvoke: (functionName, event) => {
        const context = lambdaContext({ functionName });
        follow(
          functionName === 'filter'
            ? filterHandler(event, context)
            : generate(event, context).then((report) => {
                expect(report.status).toBe('indexed');
                if (report.status !== 'indexed') return;
                listed.get(event.detail['repository-name']!)!.push({
                  imageDigest: report.digest,
                  imageTags: [report.tag!],
                  imagePushedAt: pushedAt + minute,
                });
              }),
        );
      },
    });
    Object.assign(process.env, account.environment, settings, {
      SOCI_PLATFORMS: '',
      SOCI_SPAN_SIZE_BYTES: '4194304',
      SOCI_MIN_LAYER_SIZE_BYTES: '0',
      SOCI_TAG_SKIPPED_IMAGES: 'false',
      SOCI_REUSE_ZTOCS: 'false',
      SOCI_MAX_ZTOC_RATIO: '16',
      SOCI_PREFETCH_LABEL: 'true',
      SOCI_EVENT_BUS_NAME: '',
      SOCI_INSTANCE_NAME: 'demo',
    });
  }, 120_000);

  afterAll(async () => {
    process.env = environment;
    await account.close();
    await registry.close();
  });

  interface Report {
    readonly status: string;
    readonly alreadyIndexed: number;
    readonly left: number;
  }

  /** @param stopAfter Stop after this many invoked images; undefined to run to the end. */
  function run(signal: NodeJS.Signals, stopAfter?: number): Promise<Report | undefined> {
    const words = ['backfill', '--filter', 'prod/*:*', '--function', 'filter', '--rate', '50', '--json'];
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [commandLinePath, ...words, '--state', journal], {
        env: { ...environment, ...account.environment },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let stdout = '';
      child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()));
      const invoked = () =>
        account.invocations.filter(({ functionName }) => functionName === 'filter').length;
      const watch = setInterval(() => {
        if (stopAfter === undefined || invoked() < stopAfter) return;
        clearInterval(watch);
        child.kill(signal);
      }, 1);
      child.on('error', reject);
      child.on('close', () => {
        clearInterval(watch);
        resolve(stdout === '' ? undefined : (JSON.parse(stdout) as Report));
      });
    });
  }

  async function drain(): Promise<void> {
    while (running.size > 0) await Promise.all(running);
  }

  test('pushes exactly one index for each image', async () => {
    expect(await run('SIGINT', 50)).toMatchObject({ status: 'interrupted' });
    await drain();
    expect(await run('SIGINT', 140)).toMatchObject({ status: 'interrupted' });
    const last = await run('SIGINT');
    expect(last).toMatchObject({ status: 'done', left: 0 });
    await drain();

    for (const repository of repositories) {
      const store = openStore(repository);
      for (const tag of tagsOf(repository)) {
        expect(await store.resolve(`${tag}-soci`)).toMatchObject({ mediaType: ociTypes.index });
      }
    }
    const pushes = registry.log.filter(({ method, path }) => method === 'PUT' && path.endsWith('-soci'));
    expect(pushes).toHaveLength(repositories.length * tagsEach);
    expect(new Set(pushes.map(({ path }) => path)).size).toBe(pushes.length);

    const again = await run('SIGINT');
    expect(again).toMatchObject({ status: 'done', alreadyIndexed: repositories.length * tagsEach, left: 0 });
  }, 300_000);
});
