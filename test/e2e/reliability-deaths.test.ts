// Kills soci-index at each of its requests. Nothing that was written then refers to missing content, and the next run
// completes the index.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import type { LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { createFaultyRegistry } from '../helpers/registry-faults/faulty-registry.ts';
import { commandLinePath } from '../helpers/command-line.ts';
import { openStore, repository } from '../registry/registries.ts';
import { type ImageState, isPartOf, readImageState } from '../reliability/image-state.ts';
import { indexSampleImage, pushSampleImage, sourceTag, targetTag } from '../reliability/sample-image.ts';

let registry: LocalRegistry | undefined;
afterEach(() => registry?.close());

/** Runs soci-index. @returns Its exit code, or the signal that killed it. */
async function runUntilDeath(host: string, version: string, onStart: (child: ChildProcess) => void) {
  const args = [
    'index',
    `${host}/${repository}:${sourceTag}`,
    '--index-version',
    version,
    '--target-tag',
    targetTag,
  ];
  const settings = ['--min-layer-size', '0', '--span-size', '262144', '--build-tool-identifier', 'a test'];
  const options = version === 'v1' ? args.slice(0, 4) : args;
  const child = spawn(process.execPath, [commandLinePath, ...options, ...settings], { stdio: 'ignore' });
  onStart(child);
  const [exitCode, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return exitCode ?? signal;
}

/** A registry with the sample image, in which soci-index is killed at request number `last`. */
async function runKilledAt(
  last: number,
  version: 'v1' | 'v2',
): Promise<{ end: unknown; left: ImageState; completed: ImageState }> {
  let child: ChildProcess | undefined;
  let requests = 0;
  registry = await createFaultyRegistry({
    faults: () => {
      if (child !== undefined && ++requests === last) child.kill('SIGKILL');
      return undefined;
    },
  });
  const patient = { connectMilliseconds: 5_000, stallMilliseconds: 5_000, answerMilliseconds: 5_000 };
  const store = openStore(registry, { timeouts: patient });
  const image = await pushSampleImage(store);
  const end = await runUntilDeath(registry.host, version, (started) => {
    child = started;
  });
  child = undefined;
  const left = await readImageState(store, image);
  await indexSampleImage(store, version === 'v1' ? 'V1' : 'V2');
  const completed = await readImageState(store, image);
  await registry.close();
  registry = undefined;
  return { end, left, completed };
}

test.each(['v1', 'v2'] as const)(
  'killed at any request, it leaves no dangling reference, and the next run completes the index (%s)',
  async (version) => {
    const { end, left: whole } = await runKilledAt(Infinity, version);
    expect(end).toBe(0);
    let deaths = 0;
    for (let last = 1; ; last++) {
      const killed = await runKilledAt(last, version);
      expect(killed.completed).toEqual(whole);
      if (killed.end === 0) break;
      expect(killed.end).toBe('SIGKILL');
      // The last request may still have been processed.
      expect(isPartOf(killed.left, whole)).toBe(true);
      deaths++;
    }
    process.stderr.write(`${version}: killed at each of ${deaths} requests\n`);
    expect(deaths).toBeGreaterThan(20);
  },
);
