import { describe, expect, test } from '@jest/globals';
import { explain } from '../../lambda-src/core/reasons.ts';
import type { Descriptor, Platform } from '../../lambda-src/core/oci/descriptor.ts';
import type { Diagnosis } from '../../lambda-src/doctor/diagnosis.ts';
import { findingSeverities, type FindingCode } from '../../lambda-src/doctor/finding.ts';
import { runtimes } from '../../lambda-src/doctor/runtime.ts';
import { parseImageFilters } from '../../lambda-src/events/image-filters.ts';
import {
  dockerTypes,
  gzipLayer,
  linuxAmd64,
  linuxArm64,
  ociTypes,
  pushAttestation,
  pushImage,
  pushIndex,
  ztocOf,
} from '../helpers/images.ts';
import { AlteredStore } from './altered-store.ts';
import { diagnose, index, repository } from './diagnosed-image.ts';
import { pushSizedImage, situations } from './situations.ts';

function codesOf({ findings }: Diagnosis, severity?: string): readonly FindingCode[] {
  return findings.flatMap((finding) =>
    severity === undefined || finding.severity === severity ? [finding.code] : [],
  );
}

const remarks = ['deployed-by-tag', 'fargate-requirements', 'eks-requirements', 'snapshotter-requirements'];

describe('every finding', () => {
  test('has a situation that causes it', () => {
    expect(Object.keys(situations).sort()).toEqual(Object.keys(findingSeverities).sort());
  });

  const codes = Object.keys(situations) as FindingCode[];
  const made = new Map<FindingCode, Promise<Diagnosis>>();
  /** Creates each situation only once, because several tests use it. */
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

  test.each(codes)('%s has a sentence as its message and another as its advice', async (code) => {
    const { findings } = await diagnosisOf(code);
    for (const { message, advice } of findings) {
      expect(message).toMatch(/^[A-Z][^]*[.)]$/);
      expect(advice).toMatch(/^[A-Z][^]*[.)]$/);
      expect(`${message} ${advice}`).not.toMatch(/undefined|\[object|\.\.$|\.\. /);
    }
  });

  test.each(codes)('%s: a runtime lazy-loads the image if and only if it has no problem', async (code) => {
    const { lazy, findings } = await diagnosisOf(code);
    const problems = findings.filter(({ severity }) => severity === 'problem');
    for (const runtime of runtimes) {
      const hasProblem = problems.some((problem) => problem.runtimes.includes(runtime));
      expect({ runtime, hasProblem }).toEqual({ runtime, hasProblem: lazy[runtime] !== 'yes' });
    }
  });
});

describe('a correct image', () => {
  test('has no problem and no advice', async () => {
    const store = new AlteredStore();
    await pushSizedImage(store, 262_144_000);
    const diagnosis = await diagnose(store, 'v1-soci');
    expect(codesOf(diagnosis)).toEqual(remarks);
    expect(diagnosis.lazy).toEqual({ fargate: 'yes', eks: 'yes', snapshotter: 'yes' });
  });

  test('that is one byte smaller than AWS recommends gets advice', async () => {
    const store = new AlteredStore();
    await pushSizedImage(store, 262_143_999);
    expect(codesOf(await diagnose(store, 'v1-soci'), 'advice')).toEqual(['small-image']);
  });

  test('of two platforms with attestations has no problem', async () => {
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

  test('deployed by the digest of one platform is found by its annotation, without its image index', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    await index(store, 'v1');
    const [platform] = (await diagnose(store, 'v1-soci')).platforms;
    const diagnosis = await diagnose(store, platform!.manifest);
    expect(diagnosis.lazy.fargate).toBe('yes');
    expect(codesOf(diagnosis)).toEqual(['small-image', 'deployed-by-digest', ...remarks.slice(1)]);
    expect(diagnosis.findings[1]?.message).toMatch(/manifest of one platform/);
  });

  test('that is signed like its source gets no finding about signatures', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    const converted = await index(store, 'v1');
    for (const digest of [(await store.resolve('v1'))!.digest, converted]) {
      await pushImage(store, { tag: `${digest.replace(':', '-')}.sig`, layers: [gzipLayer('signature')] });
    }
    expect(codesOf(await diagnose(store, 'v1-soci'))).not.toContain('signature-not-carried');
  });
});

describe('advice', () => {
  test('does not recommend the digest of the unindexed image', async () => {
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

  test('says that a source has not been indexed only if it exists', async () => {
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

describe('a platform other than Linux', () => {
  test('has no lazy bytes and no SOCI index', async () => {
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

describe('a finding does not cause other findings', () => {
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
    'with %s no bytes load lazily',
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

  test('an attestation that names its image is attached, even without a platform', async () => {
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

  test('a platform missing from the original tag does not make the SOCI tag outdated', async () => {
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
  test('by a cosign tag is found, even before the indexed image is deployed', async () => {
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

describe('limiting the diagnosis', () => {
  test('to a runtime', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    await index(store, 'v1', { version: 'V1' });
    const diagnosis = await diagnose(store, 'v1', { runtimes: ['eks'] });
    expect(diagnosis.lazy).toEqual({ eks: 'depends' });
    expect(codesOf(diagnosis, 'problem')).toEqual(['v1-off-by-default']);
    expect(diagnosis.findings.map(({ runtimes }) => runtimes)).toEqual(diagnosis.findings.map(() => ['eks']));
  });

  test('to a platform', async () => {
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
    // The source has both platforms, but the image at the other tag has only arm64.
    const source = await diagnose(store, 'v1');
    expect(codesOf(source, 'problem')).toEqual(['platform-not-indexed', 'index-at-other-tag']);
    expect(codesOf(other, 'problem')).toEqual(['platform-not-indexed']);
    expect(other.findings[0]?.advice).toMatch(/leave the module's platforms empty/);
  });

  test('a platform that only a plain snapshotter supports is not lazy-loaded by Fargate and EKS', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1', platform: { architecture: 's390x', os: 'linux' } });
    await index(store, 'v1');
    const { lazy, findings } = await diagnose(store, 'v1-soci');
    expect(lazy).toEqual({ fargate: 'no', eks: 'no', snapshotter: 'yes' });
    expect(findings.find(({ code }) => code === 'no-lazy-platform')?.runtimes).toEqual(['fargate', 'eks']);
  });
});

describe('inapplicable findings', () => {
  test('runtime requirements are omitted if the image cannot be lazy-loaded', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    const codes = codesOf(await diagnose(store, 'v1'));
    expect(codes.filter((code) => code.endsWith('-requirements'))).toEqual([]);
  });

  test('the other tag is ignored if the suffix is empty', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    expect(codesOf(await diagnose(store, 'v1', { tagSuffix: '' }))).toEqual([
      'no-index',
      'small-image',
      'deployed-by-tag',
    ]);
  });

  test('a requested platform that is missing counts even beside one that exists', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    await index(store, 'v1');
    const platforms = [{ architecture: 'amd64', os: 'linux' }, linuxArm64];
    const { lazy } = await diagnose(store, 'v1-soci', { platforms });
    expect(lazy).toEqual({ fargate: 'depends', eks: 'depends', snapshotter: 'depends' });
  });
});

describe('an image that is not indexed', () => {
  test('shows which layers would be indexed, and how many bytes would load lazily', async () => {
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

  test('is diagnosed without reading a layer or zTOC, and so is an indexed one', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    await index(store, 'v1');
    store.fetchedTypes.length = 0;
    await diagnose(store, 'v1');
    await diagnose(store, 'v1-soci');
    expect(new Set(store.fetchedTypes)).toEqual(new Set([ociTypes.config]));
  });

  test('shows which filter matches the source, even for the tag with the suffix', async () => {
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

describe('broken and duplicate indexes', () => {
  test('a broken V1 index is a problem even beside a valid one, because a runtime may use it', async () => {
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

  test('a V1 index does not replace an unusable V2 index', async () => {
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

  test('the finding about both versions states which one the deployed tag uses', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    await index(store, 'v1');
    await index(store, 'v1', { version: 'V1' });
    const { findings } = await diagnose(store, 'v1');
    expect(findings.find(({ code }) => code === 'both-versions')?.message).toMatch(
      /deployed tag decides which one is used; here \(v1\) it is V1\.$/,
    );
  });

  test('an error of the store is not a finding', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    store.listReferrers = () => Promise.reject(new Error('status 500'));
    await expect(diagnose(store, 'v1')).rejects.toThrow('status 500');
  });
});

const linuxS390x = { architecture: 's390x', os: 'linux' };

/** Images for these platforms at v1, each with another layer. */
async function pushPlatforms(store: AlteredStore, platforms: readonly Platform[]): Promise<void> {
  const entries: Descriptor[] = [];
  for (const platform of platforms) {
    entries.push(await pushImage(store, { platform, layers: [gzipLayer(platform.architecture)] }));
  }
  await pushIndex(store, entries, { tag: 'v1' });
}

function findingOf({ findings }: Diagnosis, code: FindingCode) {
  return findings.find((finding) => finding.code === code);
}

describe('a platform that some runtimes cannot lazy-load', () => {
  test('names the runtimes and why, and is still diagnosed for the snapshotter', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1', platform: linuxS390x });
    const diagnosis = await diagnose(store, 'v1');
    expect(findingOf(diagnosis, 'platform-without-soci')).toMatchObject({
      platform: 'linux/s390x',
      runtimes: ['fargate', 'eks'],
      message: expect.stringContaining('linux/s390x') as unknown,
      advice: expect.stringMatching(/^Nothing to do/) as unknown,
    });
    expect(findingOf(diagnosis, 'no-index')?.runtimes).toEqual(['snapshotter']);
    expect(findingOf(diagnosis, 'small-image')?.runtimes).toEqual(['snapshotter']);
  });

  test('has no advice about V1 for those runtimes', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1', platform: linuxS390x });
    await index(store, 'v1', { version: 'V1' });
    const diagnosis = await diagnose(store, 'v1');
    expect(findingOf(diagnosis, 'v1-off-by-default')?.runtimes).toEqual(['snapshotter']);
    expect(codesOf(diagnosis)).not.toContain('v1-needs-older-account');
  });

  test('does not count for their verdict', async () => {
    const store = new AlteredStore();
    await pushPlatforms(store, [linuxAmd64, linuxS390x]);
    const { lazy } = await diagnose(store, 'v1');
    expect(lazy).toEqual({ fargate: 'no', eks: 'no', snapshotter: 'no' });
  });

  test('without an architecture is advised to be built for a platform', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1', platform: { architecture: '', os: 'linux' } });
    const diagnosis = await diagnose(store, 'v1');
    expect(diagnosis.lazy).toEqual({ fargate: 'no', eks: 'no', snapshotter: 'no' });
    expect(findingOf(diagnosis, 'platform-without-soci')).toMatchObject({
      runtimes,
      message: expect.stringContaining('does not name its architecture') as unknown,
      advice: expect.stringMatching(/^Build the image for a platform/) as unknown,
    });
  });
});

describe('the digest of a diagnosis', () => {
  test.each(['no-index', 'not-an-image', 'manifest-missing', 'unreadable-manifest'] as const)(
    'is that of the tag when the finding is %s',
    async (code) => {
      const store = new AlteredStore();
      const { digest } = await situations[code].diagnose(store);
      expect(digest).toBe((await store.resolve('v1'))!.digest);
    },
  );

  test('is absent when the tag does not exist', async () => {
    expect(await diagnose(new AlteredStore(), 'v1')).not.toHaveProperty('digest');
  });
});

describe('an image of which one of two platforms is indexed', () => {
  const prepare = async () => {
    const store = new AlteredStore();
    await pushPlatforms(store, [linuxAmd64, linuxArm64]);
    return { store, digest: await index(store, 'v1', { platforms: [linuxAmd64] }) };
  };

  test.each(['v1', 'v1-soci'])('is recommended by its digest at %s', async (tag) => {
    const { store, digest } = await prepare();
    expect(findingOf(await diagnose(store, tag), 'deployed-by-tag')?.advice).toContain(
      `${repository}@${digest} `,
    );
  });

  test('has an unknown source when only its digest is known', async () => {
    const { store, digest } = await prepare();
    expect(findingOf(await diagnose(store, digest), 'platform-not-indexed')?.advice).toContain(
      'Index its source image',
    );
  });

  test('lacks the signature of its source', async () => {
    const { store, digest } = await prepare();
    const source = (await store.resolve('v1'))!.digest;
    await pushImage(store, { tag: `${source.replace(':', '-')}.sig`, layers: [gzipLayer('signature')] });
    expect(findingOf(await diagnose(store, 'v1'), 'signature-not-carried')?.advice).toContain(
      `${repository}:v1-soci@${digest}`,
    );
  });

  test('counts as an indexed image at the target tag', async () => {
    const { store } = await prepare();
    await index(store, 'v1', { version: 'V1' });
    expect(codesOf(await diagnose(store, 'v1'))).not.toContain('suffix-tag-without-index');
  });

  test('names only the indexed platform at the other tag', async () => {
    const { store } = await prepare();
    expect(findingOf(await diagnose(store, 'v1'), 'platform-not-indexed')).toMatchObject({
      platform: 'linux/arm64',
      message: expect.stringMatching(
        /^At the tag v1-soci, there is a SOCI index for linux\/amd64, but not/,
      ) as unknown,
    });
  });

  test('does not stand for a later push of the other platform', async () => {
    const { store } = await prepare();
    const [amd64] = (await diagnose(store, 'v1')).platforms;
    const kept = await store.fetchManifest(amd64!.manifest);
    const newer = await pushImage(store, { platform: linuxArm64, layers: [gzipLayer('newer')] });
    const { mediaType, digest, bytes } = kept;
    await pushIndex(store, [{ mediaType, digest, size: bytes.length, platform: linuxAmd64 }, newer], {
      tag: 'v1',
    });
    expect(codesOf(await diagnose(store, 'v1'), 'problem')).toEqual(['index-at-other-tag', 'no-index']);
  });
});

describe('other platforms with a SOCI index', () => {
  const linuxRiscv64 = { architecture: 'riscv64', os: 'linux' };
  const prepare = async () => {
    const store = new AlteredStore();
    await pushPlatforms(store, [linuxAmd64, linuxArm64, linuxS390x, linuxRiscv64]);
    await index(store, 'v1', { platforms: [linuxAmd64, linuxS390x] });
    return store;
  };

  test.each([
    ['one that is not indexed', [linuxArm64]],
    ['one that is indexed and one that is not', [linuxAmd64, linuxArm64]],
  ])('are each named once, in their order, for %s', async (_, platforms) => {
    const diagnosis = await diagnose(await prepare(), 'v1-soci', { platforms });
    expect(findingOf(diagnosis, 'platform-not-indexed')?.message).toMatch(
      /^In this image, there is a SOCI index for linux\/amd64, linux\/s390x, but not/,
    );
  });

  test('do not matter when one of them is missing, but an error of the store does', async () => {
    const store = await prepare();
    const all = await diagnose(store, 'v1-soci');
    const lost = all.platforms.find(({ platform }) => platform === 'linux/s390x')!.manifest;
    store.lost.add(lost);
    const options = { platforms: [linuxArm64] };
    expect(codesOf(await diagnose(store, 'v1-soci', options), 'problem')).toEqual(['no-index']);
    const fetchManifest = store.fetchManifest.bind(store);
    store.fetchManifest = (reference) =>
      reference === lost ? Promise.reject(new Error('status 500')) : fetchManifest(reference);
    await expect(diagnose(store, 'v1-soci', options)).rejects.toThrow('status 500');
  });
});

describe('an error of the store', () => {
  test.each([
    ['the other tag', () => 'v1-soci'],
    ['the fallback tag', (digest: string) => digest.replace(':', '-')],
  ])('is thrown when it concerns %s', async (_, referenceOf) => {
    const store = new AlteredStore();
    const { digest } = await pushImage(store, { tag: 'v1' });
    const fetchManifest = store.fetchManifest.bind(store);
    store.fetchManifest = (reference) =>
      reference === referenceOf(digest) ? Promise.reject(new Error('status 500')) : fetchManifest(reference);
    await expect(diagnose(store, 'v1')).rejects.toThrow('status 500');
  });
});

describe('the order of findings', () => {
  test('is problems, then advice, then information', async () => {
    const store = new AlteredStore();
    await pushPlatforms(store, [linuxAmd64, linuxS390x]);
    const filter = { filters: parseImageFilters('other:*'), repository: 'app' };
    const name = { place: 'layout', repository: 'oci:layout' } as const;
    expect(codesOf(await diagnose(store, 'v1', { filter, name }))).toEqual([
      'no-index',
      'no-index',
      'small-image',
      'small-image',
      'no-filter-matches',
      'platform-without-soci',
      'in-a-layout',
    ]);
  });

  test('is that of the layers, and each names its platform and layer', async () => {
    const store = new AlteredStore();
    const layers = [
      gzipLayer('a'),
      gzipLayer('b', ociTypes.zstd),
      gzipLayer('c', `${ociTypes.gzip}+encrypted`),
      gzipLayer('d', ociTypes.foreign),
    ];
    await pushImage(store, { tag: 'v1', layers });
    const { findings } = await diagnose(store, 'v1');
    expect(
      findings.flatMap(({ code, platform, layer }) => (layer === undefined ? [] : [[code, platform, layer]])),
    ).toEqual([
      ['layer-zstd', 'linux/amd64', layers[1]!.descriptor.digest],
      ['layer-unsupported', 'linux/amd64', layers[2]!.descriptor.digest],
      ['layer-foreign', 'linux/amd64', layers[3]!.descriptor.digest],
    ]);
    expect(findings.at(-2)?.code).toBe('small-image');
  });

  test('about an index is builder, files to prefetch, spans', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    await index(store, 'v1', {
      buildToolIdentifier: 'another tool',
      prefetch: ['/etc/a'],
      spanSizeBytes: 65_536,
    });
    expect(codesOf(await diagnose(store, 'v1-soci'), 'info').slice(0, 3)).toEqual([
      'other-builder',
      'prefetch-artifacts',
      'span-size-not-default',
    ]);
  });
});

describe('layers that are not indexed', () => {
  test('do not hide that another layer could be', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1', layers: [gzipLayer('a'), gzipLayer('b', ociTypes.zstd)] });
    expect(codesOf(await diagnose(store, 'v1'), 'problem')).toEqual(['no-index']);
  });

  test('are not called too small when one of them is large and zstd', async () => {
    const store = new AlteredStore();
    const large = gzipLayer('b'.repeat(90), ociTypes.zstd);
    await pushImage(store, { tag: 'v1', layers: [gzipLayer('a'), large] });
    const diagnosis = await diagnose(store, 'v1', { minimumLayerSizeBytes: large.descriptor.size });
    expect(codesOf(diagnosis, 'problem')).toEqual(['no-layer-to-index']);
  });

  test('are not called unsupported when they are too small', async () => {
    const diagnosis = await situations['all-layers-too-small'].diagnose(new AlteredStore());
    expect(codesOf(diagnosis)).not.toContain('layer-unsupported');
  });

  test('name their platform when an index has left them out', async () => {
    const diagnosis = await situations['layer-not-covered'].diagnose(new AlteredStore());
    expect(findingOf(diagnosis, 'layer-not-covered')).toMatchObject({
      platform: 'linux/amd64',
      layer: gzipLayer('b').descriptor.digest,
    });
  });

  test.each([
    [1, / of the SOCI index/],
    [2, / and 1 more of the SOCI index/],
    [3, / and 2 more of the SOCI index/],
  ])('are counted when %d zTOCs are missing', async (count, expected) => {
    const store = new AlteredStore();
    const layers = ['a', 'b', 'c'].map((name) => gzipLayer(name));
    await pushImage(store, { tag: 'v1', layers });
    await index(store, 'v1');
    const settings = { spanSizeBytes: 4_194_304, buildToolIdentifier: 'soci_index_builder v1' };
    const lost = layers.slice(0, count).map((layer) => ztocOf(layer, settings).descriptor.digest);
    for (const digest of lost) store.lost.add(digest);
    const message = findingOf(await diagnose(store, 'v1-soci'), 'ztoc-missing')?.message;
    expect(message).toMatch(new RegExp(`^The zTOC ${lost[0]!}${expected.source}`));
  });
});

describe('names and places', () => {
  test.each(['layout', 'archive'] as const)('an image in %s is not called deployed', async (place) => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    const codes = codesOf(await diagnose(store, 'v1', { name: { place, repository: 'oci:somewhere' } }));
    expect(codes).toContain('in-a-layout');
    expect(codes).not.toContain('deployed-by-tag');
  });

  test('a missing digest is not called a source that has not been indexed yet', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    const name = { tag: 'v1-soci', digest: `sha256:${'0'.repeat(64)}` } as const;
    const diagnosis = await diagnose(store, name.digest, { name });
    expect(findingOf(diagnosis, 'image-not-found')?.advice).toMatch(/^Check the repository/);
  });

  test('a tag with the suffix is not expected to get another one', async () => {
    const store = new AlteredStore();
    await pushImage(store, { tag: 'v1' });
    await index(store, 'v1');
    await pushImage(store, { tag: 'v1-soci-soci', layers: [gzipLayer('theirs')] });
    expect(codesOf(await diagnose(store, 'v1-soci'), 'advice')).toEqual(['small-image']);
  });

  test('a tag that reaches 128 characters with the suffix is not too long', async () => {
    const store = new AlteredStore();
    const tag = 'v'.repeat(123);
    await pushImage(store, { tag });
    expect(codesOf(await diagnose(store, tag))).not.toContain('suffix-tag-too-long');
  });

  test('a fallback tag is not looked at when referrers cannot be listed', async () => {
    const store = new AlteredStore();
    await situations['v1-only-by-fallback-tag'].diagnose(store);
    const { listingError } = await (async () => {
      const broken = new AlteredStore();
      await situations['referrers-unknown'].diagnose(broken);
      return broken;
    })();
    store.listingError = listingError;
    expect(codesOf(await diagnose(store, 'v1'), 'problem')).toEqual(['no-index']);
  });

  test('one Docker manifest in an OCI image index is seen', async () => {
    const store = new AlteredStore();
    const docker = await pushImage(store, { types: dockerTypes, layers: [gzipLayer('a', dockerTypes.gzip)] });
    await pushIndex(store, [docker], { tag: 'v1' });
    expect(codesOf(await diagnose(store, 'v1'))).toContain('docker-media-types');
  });
});
