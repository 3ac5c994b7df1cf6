import { describe, expect, test } from '@jest/globals';
import { explain } from '../../lambda-src/core/reasons.ts';
import type { Diagnosis } from '../../lambda-src/doctor/diagnosis.ts';
import { findingSeverities, type FindingCode } from '../../lambda-src/doctor/finding.ts';
import { runtimes } from '../../lambda-src/doctor/runtime.ts';
import { parseImageFilters } from '../../lambda-src/events/image-filters.ts';
import { gzipLayer, linuxArm64, ociTypes, pushAttestation, pushImage, pushIndex } from '../helpers/images.ts';
import { AlteredStore } from './altered-store.ts';
import { diagnose, index } from './diagnosed-image.ts';
import { pushSizedImage, situations } from './situations.ts';

function codesOf({ findings }: Diagnosis, severity?: string): readonly FindingCode[] {
  return findings.flatMap((finding) =>
    severity === undefined || finding.severity === severity ? [finding.code] : [],
  );
}

const remarks = ['deployed-by-tag', 'fargate-requirements', 'eks-requirements', 'snapshotter-requirements'];

describe('every finding', () => {
  test('has a situation in which it is made', () => {
    expect(Object.keys(situations).sort()).toEqual(Object.keys(findingSeverities).sort());
  });

  const codes = Object.keys(situations) as FindingCode[];
  const made = new Map<FindingCode, Promise<Diagnosis>>();
  /** Each situation is made once, and looked at several times. */
  const diagnosisOf = (code: FindingCode): Promise<Diagnosis> => {
    const diagnosis = made.get(code) ?? situations[code].diagnose(new AlteredStore());
    made.set(code, diagnosis);
    return diagnosis;
  };

  test.each(codes.map((code) => [code, situations[code].title] as const))('%s: %s', async (code) => {
    const diagnosis = await diagnosisOf(code);
    const { message, advice, verdicts } = situations[code];
    expect(codesOf(diagnosis)).toContain(code);
    const finding = diagnosis.findings.find((one) => one.code === code);
    expect(finding?.message).toMatch(message);
    expect(finding?.advice).toMatch(advice);
    const { fargate, eks, snapshotter } = diagnosis.lazy;
    expect([fargate, eks, snapshotter]).toEqual(verdicts);
  });

  test.each(codes)('%s is a sentence, and what to do is another', async (code) => {
    const { findings } = await diagnosisOf(code);
    for (const { message, advice } of findings) {
      expect(message).toMatch(/^[A-Z][^]*[.)]$/);
      expect(advice).toMatch(/^[A-Z][^]*[.)]$/);
      expect(`${message} ${advice}`).not.toMatch(/undefined|\[object|\.\.$|\.\. /);
    }
  });

  test.each(codes)('%s: a runtime loads the image lazily exactly where it has no problem', async (code) => {
    const { lazy, findings } = await diagnosisOf(code);
    const problems = findings.filter(({ severity }) => severity === 'problem');
    for (const runtime of runtimes) {
      const hasProblem = problems.some((problem) => problem.runtimes.includes(runtime));
      expect({ runtime, hasProblem }).toEqual({ runtime, hasProblem: lazy[runtime] !== 'yes' });
    }
  });
});

describe('a right image', () => {
  test('has no problem and nothing to advise', async () => {
    const store = new AlteredStore();
    await pushSizedImage(store, 262_144_000);
    const diagnosis = await diagnose(store, 'v1-soci');
    expect(codesOf(diagnosis)).toEqual(remarks);
    expect(diagnosis.lazy).toEqual({ fargate: 'yes', eks: 'yes', snapshotter: 'yes' });
  });

  test('that is a byte smaller than what AWS recommends is advised on', async () => {
    const store = new AlteredStore();
    await pushSizedImage(store, 262_143_999);
    expect(codesOf(await diagnose(store, 'v1-soci'), 'advice')).toEqual(['small-image']);
  });

  test('of two platforms, with attestations, has no problem either', async () => {
    const store = new AlteredStore();
    const entries = [
      await pushImage(store),
      await pushImage(store, { platform: linuxArm64, layers: [gzipLayer('arm')] }),
    ];
    await pushIndex(store, [...entries, await pushAttestation(store, entries[0]!)], { tag: 'v1' });
    await index(store, 'v1');
    const diagnosis = await diagnose(store, 'v1-soci');
    expect([...codesOf(diagnosis, 'problem'), ...codesOf(diagnosis, 'advice')]).toEqual([
      'small-image',
      'small-image',
    ]);
    expect(diagnosis.platforms.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64']);
    expect(diagnosis.platforms.every(({ bytes, lazyBytes }) => bytes > 0 && bytes === lazyBytes)).toBe(true);
  });

  test('deployed by the digest of one platform is found by its annotation, and lacks no image index', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    await index(store, 'v1');
    const [platform] = (await diagnose(store, 'v1-soci')).platforms;
    const diagnosis = await diagnose(store, platform!.manifest);
    expect(diagnosis.lazy.fargate).toBe('yes');
    expect(codesOf(diagnosis)).toEqual(['small-image', 'deployed-by-digest', ...remarks.slice(1)]);
    expect(diagnosis.findings[1]?.message).toMatch(/manifest of one platform/);
  });

  test('that is signed like its source needs no other signature', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    const converted = await index(store, 'v1');
    for (const digest of [(await store.resolve('v1'))!.digest, converted]) {
      await pushImage(store, { tag: `${digest.replace(':', '-')}.sig`, layers: [gzipLayer('signature')] });
    }
    expect(codesOf(await diagnose(store, 'v1-soci'))).not.toContain('signature-not-carried');
  });
});

describe('a cure leads out:', () => {
  test('on a tag without an index the digest of the plain image is not recommended', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    const plain = (await store.resolve('v1'))!.digest;
    const adviceOf = async () =>
      (await diagnose(store, 'v1')).findings.find(({ code }) => code === 'deployed-by-tag')!.advice;
    expect(await adviceOf()).toBe('Once the image is indexed, deploy the indexed image by its digest.');
    const digest = await index(store, 'v1');
    expect(await adviceOf()).toContain(`@${digest} `);
    expect(await adviceOf()).not.toContain(plain);
  });

  test('that a source has not been indexed yet is said only if there is one', async () => {
    const store = new AlteredStore();
    expect((await diagnose(store, 'v1-soci')).findings[0]?.advice).toMatch(
      /^Check the repository, tag and region/,
    );
    await pushImage(store, { tag: 'v1' });
    expect((await diagnose(store, 'v1-soci')).findings[0]?.advice).toMatch(
      /^Its source .*\/app:v1 exists, but has not been indexed yet/,
    );
  });
});

describe('a platform of another system than Linux', () => {
  test('has no lazy bytes and no SOCI index by which it would be loaded', async () => {
    const store = new AlteredStore();
    const windows = await pushImage(store, {
      platform: { architecture: 'amd64', os: 'windows' },
      layers: [gzipLayer('w')],
    });
    await pushIndex(store, [await pushImage(store), windows], { tag: 'v1' });
    await index(store, 'v1');
    const { platforms } = await diagnose(store, 'v1-soci');
    expect(platforms[0]).toMatchObject({ platform: 'linux/amd64', index: { version: 'V2' } });
    expect(platforms[1]).toMatchObject({
      platform: 'windows/amd64',
      lazyBytes: 0,
      indexableBytes: 0,
      layers: [{ status: 'skipped', reason: 'not-linux' }],
    });
    expect(platforms[1]).not.toHaveProperty('index');
  });
});

describe('one finding does not bring another with it:', () => {
  test.each([
    ['platform-missing', ['platform-missing']],
    ['layer-zstd', ['layer-zstd', 'small-image']],
    ['index-at-other-tag', ['index-at-other-tag', 'small-image']],
    ['target-tag-taken', ['target-tag-taken', 'small-image']],
    ['entry-missing', ['small-image', 'entry-missing']],
    ['entry-type-lost', ['small-image', 'entry-type-lost']],
    ['no-lazy-platform', ['no-lazy-platform']],
    ['ztoc-missing', ['ztoc-missing', 'small-image']],
    ['v1-other-subject', ['v1-other-subject', 'small-image']],
    ['index-of-other-layers', ['index-of-other-layers', 'small-image']],
    ['index-missing', ['index-missing', 'small-image']],
    ['v1-only-by-fallback-tag', ['v1-only-by-fallback-tag', 'small-image']],
  ] as const)('%s', async (code, all) => {
    const diagnosis = await situations[code].diagnose(new AlteredStore());
    expect([...codesOf(diagnosis, 'problem'), ...codesOf(diagnosis, 'advice')]).toEqual(all);
  });

  test.each(['ztoc-missing', 'v1-other-subject', 'index-of-other-layers', 'index-missing'] as const)(
    'with %s no byte is said to load lazily',
    async (code) => {
      const { platforms } = await situations[code].diagnose(new AlteredStore());
      expect(platforms).toHaveLength(1);
      expect(platforms[0]).toMatchObject({ lazyBytes: 0 });
      expect(platforms[0]?.index).toBeUndefined();
    },
  );

  test('a fallback tag that lists something else is not an index', async () => {
    const store = new AlteredStore();
    const { digest } = await pushImage(store, { tag: 'v1' });
    const signature = {
      mediaType: ociTypes.manifest,
      digest,
      size: 1,
      artifactType: 'application/spdx+json',
    };
    await pushIndex(store, [signature], { tag: digest.replace(':', '-') });
    expect(codesOf(await diagnose(store, 'v1'), 'problem')).toEqual(['no-index']);
  });

  test('an attestation that names its image is attached, and one without a platform too', async () => {
    const store = new AlteredStore();
    const image = await pushImage(store);
    const { platform, ...attestation } = await pushAttestation(store, image);
    expect(platform?.os).toBe('unknown');
    await pushIndex(store, [image, attestation], { tag: 'v1' });
    expect(codesOf(await diagnose(store, 'v1'))).not.toContain('attestation-detached');
    const elsewhere = {
      ...attestation.annotations,
      'vnd.docker.reference.digest': `sha256:${'0'.repeat(64)}`,
    };
    await pushIndex(store, [image, { ...attestation, annotations: elsewhere }], { tag: 'v1' });
    expect(codesOf(await diagnose(store, 'v1'))).toContain('attestation-detached');
  });

  test('a platform that the original tag does not have says nothing about its push', async () => {
    const store = new AlteredStore();
    const entries = [
      await pushImage(store),
      await pushImage(store, { platform: linuxArm64, layers: [gzipLayer('arm')] }),
    ];
    await pushIndex(store, entries, { tag: 'v1' });
    await index(store, 'v1');
    await pushIndex(store, entries.slice(0, 1), { tag: 'v1' });
    expect(codesOf(await diagnose(store, 'v1-soci'))).not.toContain('soci-tag-behind');
  });
});

describe('a signature of the source', () => {
  test("by cosign's tag is seen, and before the indexed image is deployed", async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    const converted = await index(store, 'v1');
    const source = (await store.resolve('v1'))!.digest;
    await pushImage(store, { tag: `${source.replace(':', '-')}.sig`, layers: [gzipLayer('signature')] });
    const { findings } = await diagnose(store, 'v1');
    expect(findings.find(({ code }) => code === 'signature-not-carried')).toMatchObject({
      message: expect.stringContaining(`source image ${source} is signed`) as unknown,
      advice: expect.stringContaining(`:v1-soci@${converted}`) as unknown,
    });
  });
});

describe('only what is asked for', () => {
  test('is judged: a runtime', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    await index(store, 'v1', { version: 'V1' });
    const diagnosis = await diagnose(store, 'v1', { runtimes: ['eks'] });
    expect(diagnosis.lazy).toEqual({ eks: 'depends' });
    expect(codesOf(diagnosis, 'problem')).toEqual(['v1-off-by-default']);
    expect(diagnosis.findings.map(({ runtimes }) => runtimes)).toEqual(diagnosis.findings.map(() => ['eks']));
  });

  test('is judged: a platform', async () => {
    const store = new AlteredStore();
    const entries = [
      await pushImage(store),
      await pushImage(store, { platform: linuxArm64, layers: [gzipLayer('arm')] }),
    ];
    await pushIndex(store, entries, { tag: 'v1' });
    await index(store, 'v1', { platforms: [linuxArm64] });
    expect((await diagnose(store, 'v1-soci', { platforms: [linuxArm64] })).lazy.fargate).toBe('yes');
    const other = await diagnose(store, 'v1-soci', { platforms: [{ architecture: 'amd64', os: 'linux' }] });
    expect(other.lazy.fargate).toBe('no');
    // The source has both, and its twin at the other tag has arm64 alone.
    const source = await diagnose(store, 'v1');
    expect(codesOf(source, 'problem')).toEqual(['platform-not-indexed', 'index-at-other-tag']);
    expect(codesOf(other, 'problem')).toEqual(['platform-not-indexed']);
    expect(other.findings[0]?.advice).toMatch(/leave the module's platforms empty/);
  });

  test('is judged: a platform of which only a plain snapshotter is capable', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1', platform: { architecture: 's390x', os: 'linux' } });
    await index(store, 'v1');
    const { lazy, findings } = await diagnose(store, 'v1-soci');
    expect(lazy).toEqual({ fargate: 'no', eks: 'no', snapshotter: 'yes' });
    expect(findings.find(({ code }) => code === 'no-lazy-platform')?.runtimes).toEqual(['fargate', 'eks']);
  });
});

describe('what does not matter is not said:', () => {
  test('what a runtime needs besides, where the image would not do', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    const codes = codesOf(await diagnose(store, 'v1'));
    expect(codes.filter((code) => code.endsWith('-requirements'))).toEqual([]);
  });

  test('another tag, where the suffix is empty and both are one', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    expect(codesOf(await diagnose(store, 'v1', { tagSuffix: '' }))).toEqual([
      'no-index',
      'small-image',
      'deployed-by-tag',
    ]);
  });

  test('but a platform that is wanted and missing counts beside one that is there', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    await index(store, 'v1');
    const platforms = [{ architecture: 'amd64', os: 'linux' }, linuxArm64];
    const { lazy } = await diagnose(store, 'v1-soci', { platforms });
    expect(lazy).toEqual({ fargate: 'depends', eks: 'depends', snapshotter: 'depends' });
  });
});

describe('before indexing', () => {
  test('says of each layer whether it would be indexed, and how many bytes would load lazily', async () => {
    const store = new AlteredStore();
    const layers = [gzipLayer('a'), gzipLayer('b', ociTypes.zstd), gzipLayer('c'.repeat(40))];
    await pushImage(store, { tag: 'v1', layers });
    const sizes = layers.map(({ descriptor }) => descriptor.size);
    const { platforms } = await diagnose(store, 'v1', { minimumLayerSizeBytes: sizes[1]! });
    expect(sizes[0]).toBeLessThanOrEqual(sizes[1]!);
    expect(platforms).toEqual([
      {
        platform: 'linux/amd64',
        manifest: (await store.resolve('v1'))!.digest,
        bytes: sizes[0]! + sizes[1]! + sizes[2]!,
        lazyBytes: 0,
        indexableBytes: sizes[0]! + sizes[2]!,
        layers: [
          { digest: layers[0]!.descriptor.digest, size: sizes[0], status: 'indexable' },
          { digest: layers[1]!.descriptor.digest, size: sizes[1], status: 'skipped', ...explain('zstd') },
          { digest: layers[2]!.descriptor.digest, size: sizes[2], status: 'indexable' },
        ],
      },
    ]);
  });

  test('reads no layer and no zTOC, nor after it', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    await index(store, 'v1');
    store.fetchedTypes.length = 0;
    await diagnose(store, 'v1');
    await diagnose(store, 'v1-soci');
    expect(new Set(store.fetchedTypes)).toEqual(new Set([ociTypes.config]));
  });

  test('says which filter matches the source, also of the tag with the suffix', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    await index(store, 'v1');
    const filter = { filters: parseImageFilters('dev:*,app:v1'), repository: 'app' };
    for (const tag of ['v1', 'v1-soci']) {
      const diagnosis = await diagnose(store, tag, { filter });
      expect(diagnosis.filter).toEqual({
        image: 'app:v1',
        matches: 'app:v1',
        filters: [
          { filter: 'dev:*', matches: false, ...explain('repository-differs') },
          { filter: 'app:v1', matches: true },
        ],
      });
      expect(codesOf(diagnosis)).not.toContain('no-filter-matches');
    }
  });
});

describe('what is broken is not what counts', () => {
  test('of two V1 indexes a runtime may take the broken one, which is a problem', async () => {
    const store = new AlteredStore();
    const { digest } = await pushImage(store, { tag: 'v1' });
    const good = await index(store, 'v1', { version: 'V1' });
    const gone = `sha256:${'0'.repeat(64)}` as const;
    const entry = {
      mediaType: ociTypes.manifest,
      size: 1,
      artifactType: 'application/vnd.amazon.soci.index.v1+json',
    };
    store.listed.set(digest, [
      { ...entry, digest: gone },
      { ...entry, digest: good },
    ]);
    const diagnosis = await diagnose(store, 'v1');
    expect(codesOf(diagnosis, 'problem')).toEqual([
      'index-missing',
      'v1-needs-older-account',
      'v1-off-by-default',
    ]);
    expect(diagnosis.lazy.fargate).toBe('no');
    expect(diagnosis.platforms[0]?.index).toEqual({ version: 'V1', digest: good });
  });

  test('a V2 index that cannot be used is not made up for by a V1 index', async () => {
    const store = new AlteredStore();
    const annotations = { 'com.amazon.soci.index-digest': 'nonsense' };
    await pushImage(store, { tag: 'v1', annotations });
    const source = { tag: 'v2' };
    await pushImage(store, source);
    const digest = (await store.resolve('v1'))!.digest;
    const v1 = await index(store, 'v2', { version: 'V1' });
    const entry = {
      mediaType: ociTypes.manifest,
      size: 1,
      artifactType: 'application/vnd.amazon.soci.index.v1+json',
    };
    store.listed.set(digest, [{ ...entry, digest: v1 }]);
    const diagnosis = await diagnose(store, 'v1');
    expect(codesOf(diagnosis, 'problem')).toEqual(['index-unreadable']);
    expect(diagnosis.findings[0]?.message).toBe(
      `The image's manifest names "nonsense" as its SOCI index, which is not a digest.`,
    );
    expect(diagnosis.findings[0]?.advice).toBe('Index its source image, and deploy the result.');
    expect(diagnosis.platforms[0]?.index).toBeUndefined();
  });

  test('an image with V1, and V2 at the other tag, is told which of them counts', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    await index(store, 'v1');
    await index(store, 'v1', { version: 'V1' });
    const { findings } = await diagnose(store, 'v1');
    expect(findings.find(({ code }) => code === 'both-versions')?.message).toMatch(
      /deployed tag decides which one is used; here \(v1\) it is V1\.$/,
    );
  });

  test('a store that fails is an error, and no finding', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    store.listReferrers = () => Promise.reject(new Error('status 500'));
    await expect(diagnose(store, 'v1')).rejects.toThrow('status 500');
  });
});
