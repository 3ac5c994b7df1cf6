// The indexer dies at every single write. test/e2e/reliability-deaths.test.ts kills the process at every single request.
import { expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import {
  gzipLayer,
  linuxAmd64,
  linuxArm64,
  pushAttestation,
  pushImage,
  pushIndex,
} from '../helpers/images.ts';
import { readImageState } from './image-state.ts';
import { DeathError, MortalStore } from './mortal-store.ts';
import { indexSampleImage, type SampleImage, sourceTag } from './sample-image.ts';

async function pushSmallImage(store: MemoryStore): Promise<SampleImage> {
  const shared = gzipLayer('shared');
  const platforms = [
    await pushImage(store, { platform: linuxAmd64, layers: [shared, gzipLayer('amd64')] }),
    await pushImage(store, { platform: linuxArm64, layers: [shared, gzipLayer('arm64')] }),
  ];
  const attestation = await pushAttestation(store, platforms[0]!);
  const digest = await pushIndex(store, [...platforms, attestation], { tag: sourceTag });
  return { digest, platforms };
}

test.each([
  // zTOCs, the empty config, SOCI indexes; for V2 also the manifests of both platforms, and the image.
  ['V1', 3 + 1 + 2],
  ['V2', 3 + 1 + 2 + 2 + 1],
] as const)(
  'wherever it dies, nothing refers to missing content, and the next run completes the index (%s, %d writes)',
  async (version, writes) => {
    const untouched = new MemoryStore();
    const image = await pushSmallImage(untouched);
    const before = await readImageState(untouched, image);
    await indexSampleImage(untouched, version);
    const whole = await readImageState(untouched, image);
    expect(whole).not.toEqual(before);

    for (const lastIsDone of [false, true]) {
      for (let lastWrite = 1; lastWrite <= writes; lastWrite++) {
        const store = new MemoryStore();
        await pushSmallImage(store);
        const mortal = new MortalStore(store, lastWrite, lastIsDone);
        await expect(indexSampleImage(mortal, version)).rejects.toThrow(DeathError);

        const left = await readImageState(store, image);
        // The tag is written last: until then, a client finds nothing at the target tag.
        if (version === 'V2') {
          const isWritten = lastWrite === writes && lastIsDone;
          expect(left).toEqual(isWritten ? whole : before);
        }
        const outcome = await indexSampleImage(store, version);
        expect(await readImageState(store, image)).toEqual(whole);
        expect(outcome).toMatchObject({ digest: whole.target ?? whole.referrers[0]![0] });
      }
    }
    // There is no further write at which to die.
    const store = new MemoryStore();
    await pushSmallImage(store);
    const mortal = new MortalStore(store, writes + 1, false);
    await indexSampleImage(mortal, version);
    expect(mortal.isDead).toBe(false);
  },
);
