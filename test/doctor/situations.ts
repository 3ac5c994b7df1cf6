// For every code that doctor has, a situation in which it says so, made of real images and one thing that is wrong.
import { StoreError } from '../../lambda-src/content/content-store.ts';
import type { Descriptor, Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeIndex, encodeManifest } from '../../lambda-src/core/oci/manifest.ts';
import {
  encodeSociIndex,
  sociConfigBytes,
  sociConfigOf,
  type SociIndex,
} from '../../lambda-src/core/soci/soci-index.ts';
import type { Diagnosis } from '../../lambda-src/doctor/diagnosis.ts';
import type { FindingCode } from '../../lambda-src/doctor/finding.ts';
import { parseImageFilters } from '../../lambda-src/events/image-filters.ts';
import {
  blobOf,
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
import type { AlteredStore } from './altered-store.ts';
import { diagnose, index, repository } from './diagnosed-image.ts';

class UnavailableError extends StoreError {
  readonly reason = 'registry-unavailable';
}

export interface Situation {
  readonly title: string;
  readonly diagnose: (store: AlteredStore) => Promise<Diagnosis>;
  /** What the finding says of what is so. */
  readonly message: RegExp;
  /** What it says to do. */
  readonly advice: RegExp;
  /** Of Fargate, EKS and any SOCI snapshotter: yes, no, or depends. */
  readonly verdicts: readonly [fargate: string, eks: string, snapshotter: string];
}

const no = ['no', 'no', 'no'] as const;
const yes = ['yes', 'yes', 'yes'] as const;
const windowsAmd64 = { architecture: 'amd64', os: 'windows' };
const sociV1 = 'application/vnd.amazon.soci.index.v1+json';
const sociV2 = 'application/vnd.amazon.soci.index.v2+json';
const digestPattern = 'sha256:[0-9a-f]{64}';
const settings = { spanSizeBytes: 4_194_304, buildToolIdentifier: 'soci_index_builder v1' };

/** An image of one layer at v1, and indexed at v1-soci. @returns The digest of the indexed one. */
async function pushIndexed(store: AlteredStore, layers = [gzipLayer('a')]): Promise<Digest> {
  await pushImage(store, { tag: 'v1', layers });
  return index(store, 'v1');
}

interface Entries {
  readonly manifests: readonly Descriptor[];
}

async function readEntries(store: AlteredStore, reference: string): Promise<readonly Descriptor[]> {
  const { bytes } = await store.fetchManifest(reference);
  return (JSON.parse(Buffer.from(bytes).toString()) as Entries).manifests;
}

async function findSociEntry(store: AlteredStore, reference: string): Promise<Descriptor> {
  return (await readEntries(store, reference)).find(({ artifactType }) => artifactType === sociV2)!;
}

/** A hand-made SOCI index of a layer, with its zTOC. */
async function pushSociIndex(
  store: AlteredStore,
  {
    ofLayer = 'a',
    spanSizeBytes = 4_194_304,
    ...rest
  }: Partial<SociIndex> & { ofLayer?: string; spanSizeBytes?: number | 'unsaid' },
): Promise<Digest> {
  const layer = gzipLayer(ofLayer);
  const ztoc = ztocOf(layer, settings);
  await store.pushBlob(ztoc.descriptor, ztoc.bytes);
  await store.pushBlob(sociConfigOf('V2'), sociConfigBytes);
  const encoded = encodeSociIndex({
    version: 'V2',
    buildToolIdentifier: settings.buildToolIdentifier,
    layers: [
      {
        layerDigest: layer.descriptor.digest,
        layerMediaType: layer.descriptor.mediaType,
        ztoc: ztoc.descriptor,
        ...(spanSizeBytes !== 'unsaid' && { spanSizeBytes }),
      },
    ],
    ...rest,
  });
  await store.pushManifest(encoded);
  return encoded.digest;
}

/** An image at v1-soci whose manifest names this SOCI index. */
function pushNaming(store: AlteredStore, sociIndex: string, layers = [gzipLayer('a')]): Promise<Descriptor> {
  const annotations = { 'com.amazon.soci.index-digest': sociIndex };
  return pushImage(store, { tag: 'v1-soci', layers, annotations });
}

function tagOf(digest: Digest): string {
  return digest.replace(':', '-');
}

/** What skopeo copy --all 1.9 and buildah manifest do to an image index. */
async function stripArtifactTypes(store: AlteredStore, tag: string): Promise<void> {
  const entries = (await readEntries(store, tag)).map((entry) =>
    Object.fromEntries(Object.entries(entry).filter(([name]) => name !== 'artifactType')),
  );
  await pushIndex(store, entries as unknown as Descriptor[], { tag });
}

/** A manifest that refers to an image, as signing tools push it. */
async function pushReferrer(store: AlteredStore, subject: Descriptor, artifactType: string): Promise<void> {
  const config = blobOf(Buffer.from('{}'), artifactType).descriptor;
  const { mediaType, digest, size } = subject;
  await store.pushManifest(
    encodeManifest({ config, layers: [], artifactType, subject: { mediaType, digest, size } }),
  );
}

export const situations: Readonly<Record<FindingCode, Situation>> = {
  'image-not-found': {
    title: 'the deployed tag does not exist, because its source was never indexed',
    diagnose: async (store) => {
      await pushImage(store, { tag: 'v1' });
      return diagnose(store, 'v1-soci');
    },
    message:
      /^The image 111122223333\.dkr\.ecr\.eu-west-1\.amazonaws\.com\/app:v1-soci does not exist, or .*: manifest v1-soci is not in memory\.$/,
    advice: /soci-index index 111122223333\.dkr\.ecr\.eu-west-1\.amazonaws\.com\/app:v1 /,
    verdicts: no,
  },
  'unreadable-manifest': {
    title: 'the image index is within an image index',
    diagnose: async (store) => {
      const digest = await pushIndex(store, [await pushImage(store)]);
      const { bytes } = await store.fetchManifest(digest);
      await pushIndex(store, [{ mediaType: ociTypes.index, digest, size: bytes.length }], { tag: 'v1' });
      return diagnose(store, 'v1');
    },
    message: /cannot be read as an image: .* is an image index within an image index/,
    advice: /^Push the image again/,
    verdicts: no,
  },
  'manifest-missing': {
    title: 'a platform was not copied with its image index',
    diagnose: async (store) => {
      const entries = [await pushImage(store), await pushImage(store, { platform: linuxArm64 })];
      await pushIndex(store, entries, { tag: 'v1' });
      store.lost.add(entries[1]!.digest);
      return diagnose(store, 'v1');
    },
    message: new RegExp(`lacks something that the image refers to: .*${digestPattern}`),
    advice: /skopeo copy --all/,
    verdicts: no,
  },
  'docker-schema-1': {
    title: 'the manifest is of Docker schema 1',
    diagnose: async (store) => {
      const bytes = Buffer.from('{"schemaVersion":1,"name":"app","tag":"v1","fsLayers":[]}');
      const manifest = {
        mediaType: 'application/vnd.docker.distribution.manifest.v1+json',
        digest: digestOf(bytes),
        bytes,
      };
      store.fetchManifest = () => Promise.resolve(manifest);
      return diagnose(store, 'v1');
    },
    message: /Docker manifest of schema 1/,
    advice: /push the image again with a current builder/,
    verdicts: no,
  },
  'not-an-image': {
    title: 'the reference is that of a Helm chart',
    diagnose: async (store) => {
      const config = blobOf(Buffer.from('{}'), 'application/vnd.cncf.helm.config.v1+json').descriptor;
      await store.pushManifest(encodeManifest({ config, layers: [] }), 'v1');
      return diagnose(store, 'v1');
    },
    message: /artifact of type "application\/vnd\.cncf\.helm\.config\.v1\+json"/,
    advice: /^Check the image itself/,
    verdicts: no,
  },
  attestation: {
    title: 'the digest deployed is that of a BuildKit attestation',
    diagnose: async (store) => {
      const { digest } = await pushAttestation(store, await pushImage(store));
      return diagnose(store, digest);
    },
    message: /attestation that BuildKit made/,
    advice: /digest of the image index/,
    verdicts: no,
  },
  'soci-index-deployed': {
    title: 'the digest deployed is that of the SOCI index and not of the image',
    diagnose: async (store) => {
      await pushImage(store, { tag: 'v1' });
      return diagnose(store, await index(store, 'v1', { version: 'V1' }));
    },
    message: /SOCI index \(V1\), not an image/,
    advice: new RegExp(`^Deploy the image, ${repository}@${digestPattern}`),
    verdicts: no,
  },
  'not-in-ecr': {
    title: 'the image lies in another registry than ECR',
    diagnose: async (store) => {
      await pushIndexed(store);
      return diagnose(store, 'v1-soci', { name: { place: 'registry', repository: 'ghcr.io/team/app' } });
    },
    message: /only from private Amazon ECR repositories, and ghcr\.io\/team\/app is not one/,
    advice: /^Copy the image with all its platforms/,
    verdicts: ['no', 'yes', 'yes'],
  },
  'no-platform': {
    title: 'the tag is a list of referrers, with nothing in it to run',
    diagnose: async (store) => {
      const { digest, size } = await pushImage(store);
      await pushIndex(store, [{ mediaType: ociTypes.manifest, digest, size, artifactType: sociV1 }], {
        tag: 'v1',
      });
      return diagnose(store, 'v1');
    },
    message: /image index without platforms/,
    advice: /fallback tag with a list of referrers/,
    verdicts: no,
  },
  'platform-missing': {
    title: 'the task wants arm64 and the image has amd64 only',
    diagnose: async (store) => {
      await pushIndexed(store);
      return diagnose(store, 'v1-soci', { platforms: [linuxArm64] });
    },
    message: /no manifest for linux\/arm64; it has linux\/amd64\./,
    advice: /docker buildx build --platform/,
    verdicts: no,
  },
  'no-lazy-platform': {
    title: 'the image is for Windows only',
    diagnose: async (store) => {
      await pushImage(store, { tag: 'v1', platform: windowsAmd64 });
      return diagnose(store, 'v1');
    },
    message: /cannot lazy-load any of these platforms/,
    advice: /linux\/amd64 or linux\/arm64/,
    verdicts: no,
  },
  'no-index': {
    title: 'the image was never indexed',
    diagnose: async (store) => {
      await pushImage(store, { tag: 'v1' });
      return diagnose(store, 'v1');
    },
    message: /^The image has no SOCI index: its manifest names none, and none refers to it\.$/,
    advice: /soci-index index 111122223333\.dkr\.ecr\.eu-west-1\.amazonaws\.com\/app:v1\.$/,
    verdicts: no,
  },
  'platform-not-indexed': {
    title: 'one platform was indexed and the other was not',
    diagnose: async (store) => {
      const entries = [
        await pushImage(store),
        await pushImage(store, { platform: linuxArm64, layers: [gzipLayer('arm')] }),
      ];
      await pushIndex(store, entries, { tag: 'v1' });
      await index(store, 'v1', { platforms: [linuxAmd64] });
      return diagnose(store, 'v1-soci');
    },
    message: /In this image, there is a SOCI index for linux\/amd64, but not for this platform/,
    advice: /leave the module's platforms empty.*\/app:v1\.$/,
    verdicts: ['depends', 'depends', 'depends'],
  },
  'index-at-other-tag': {
    title: 'the original tag is deployed and the index is at the tag with -soci',
    diagnose: async (store) => {
      await pushIndexed(store);
      return diagnose(store, 'v1');
    },
    message: /the same image with an index is at the tag v1-soci/,
    advice: new RegExp(`^Deploy ${repository}:v1-soci or ${repository}@${digestPattern}\\.$`),
    verdicts: no,
  },
  'index-stale': {
    title: 'the original tag is deployed and has moved since the one with -soci was made',
    diagnose: async (store) => {
      await pushIndexed(store);
      await pushImage(store, { tag: 'v1', layers: [gzipLayer('newer')] });
      return diagnose(store, 'v1');
    },
    message: /The tag v1-soci has a SOCI index, but for another image.* after which the tag v1 has moved/,
    advice: /its indexing has failed, or no filter matches it\. Index it/,
    verdicts: no,
  },
  'index-missing': {
    title: 'the SOCI index that the image names was deleted, or left in another repository',
    diagnose: async (store) => {
      await pushIndexed(store);
      store.lost.add((await findSociEntry(store, 'v1-soci')).digest);
      return diagnose(store, 'v1-soci');
    },
    message: new RegExp(`refers to the SOCI index ${digestPattern}, which is missing from its repository`),
    advice: /no lifecycle rule deletes untagged SOCI indexes.*\/app:v1\.$/,
    verdicts: no,
  },
  'index-unreadable': {
    title: 'the image names something else than a SOCI index',
    diagnose: async (store) => {
      const { digest } = await pushImage(store);
      await pushNaming(store, digest);
      return diagnose(store, 'v1-soci');
    },
    message: /cannot be read: .*not a SOCI index/,
    advice: /^Build it again: soci-index index /,
    verdicts: no,
  },
  'index-of-other-layers': {
    title: 'the image names the SOCI index of another image',
    diagnose: async (store) => {
      await pushNaming(store, await pushSociIndex(store, { ofLayer: 'another' }));
      return diagnose(store, 'v1-soci');
    },
    message: /has no zTOC for any layer of this image/,
    advice: /^Index it/,
    verdicts: no,
  },
  'ztoc-missing': {
    title: 'a zTOC was not copied with its index',
    diagnose: async (store) => {
      await pushIndexed(store, [gzipLayer('a'), gzipLayer('b')]);
      store.lost.add(ztocOf(gzipLayer('b'), settings).descriptor.digest);
      return diagnose(store, 'v1-soci');
    },
    message: new RegExp(
      `^The zTOC ${ztocOf(gzipLayer('b'), settings).descriptor.digest} of the SOCI index .* lazy-loads no layer`,
    ),
    advice: /with all blobs of its index\. Build it again: soci-index index .*\/app:v1\.$/,
    verdicts: no,
  },
  'old-index-format': {
    title: 'the SOCI index is an artifact manifest of an early soci',
    diagnose: async (store) => {
      const { digest } = await pushImage(store, { tag: 'v1' });
      const artifact = {
        mediaType: 'application/vnd.oci.artifact.manifest.v1+json',
        digest: digestOf(Buffer.from('artifact')),
        size: 8,
        artifactType: sociV1,
      };
      store.listed.set(digest, [artifact]);
      return diagnose(store, 'v1');
    },
    message: /artifact manifest \("application\/vnd\.oci\.artifact\.manifest\.v1\+json"\)/,
    advice: /^Delete it\./,
    verdicts: no,
  },
  'v1-other-subject': {
    title: 'the list of referrers names an index that refers to another manifest',
    diagnose: async (store) => {
      const image = await pushImage(store, { tag: 'v1' });
      const other = await pushImage(store, { layers: [gzipLayer('a'), gzipLayer('other')] });
      const digest = await pushSociIndex(store, { version: 'V1', subject: other });
      const { bytes } = await store.fetchManifest(digest);
      store.listed.set(image.digest, [
        { mediaType: ociTypes.manifest, digest, size: bytes.length, artifactType: sociV1 },
      ]);
      return diagnose(store, 'v1');
    },
    message: new RegExp(`is listed for this image, but its subject is ${digestPattern}`),
    advice: /^Remove it from the list of referrers/,
    verdicts: no,
  },
  'v1-on-image-index': {
    title: 'the V1 index refers to the image index and not to the manifest',
    diagnose: async (store) => {
      const digest = await pushIndex(store, [await pushImage(store)], { tag: 'v1' });
      const { bytes } = await store.fetchManifest(digest);
      await pushSociIndex(store, {
        version: 'V1',
        subject: { mediaType: ociTypes.index, digest, size: bytes.length },
      });
      return diagnose(store, 'v1');
    },
    message: new RegExp(
      `refers to the image index ${digestPattern}; runtimes look .*manifest, ${digestPattern}`,
    ),
    advice: /must be built for each platform's manifest/,
    verdicts: no,
  },
  'v1-only-by-fallback-tag': {
    title: 'the V1 index is listed at the fallback tag alone, in a registry with a referrers API',
    diagnose: async (store) => {
      const image = await pushImage(store, { tag: 'v1' });
      const sociIndex = await pushSociIndex(store, { version: 'V1', subject: image });
      store.listed.set(image.digest, []);
      await pushIndex(
        store,
        [{ mediaType: ociTypes.manifest, digest: sociIndex, size: 1, artifactType: sociV1 }],
        { tag: tagOf(image.digest) },
      );
      return diagnose(store, 'v1');
    },
    message: /listed only at the fallback tag/,
    advice: /^Delete that tag and the index/,
    verdicts: no,
  },
  'v1-needs-older-account': {
    title: 'a V1 index is there, and the account may be new to SOCI',
    diagnose: async (store) => {
      await pushImage(store, { tag: 'v1' });
      await index(store, 'v1', { version: 'V1' });
      return diagnose(store, 'v1', { runtimes: ['fargate', 'eks', 'snapshotter'] });
    },
    message: /accounts that are new to SOCI lazy-load V2 only/,
    advice: /^Use V2\. Index it/,
    verdicts: ['depends', 'depends', 'depends'],
  },
  'v1-off-by-default': {
    title: 'a V1 index is there, which the snapshotter has to be told to look for',
    diagnose: async (store) => {
      await pushIndexed(store);
      await index(store, 'v1', { version: 'V1' });
      return diagnose(store, 'v1');
    },
    message: /ignores by default since version 0\.10\.0/,
    advice: new RegExp(`^Use V2\\. Deploy ${repository}:v1-soci .*\\[pull_modes\\.soci_v1\\]`),
    verdicts: ['depends', 'depends', 'depends'],
  },
  'all-layers-too-small': {
    title: 'every layer is below the minimum',
    diagnose: async (store) => {
      await pushImage(store, { tag: 'v1' });
      return diagnose(store, 'v1', { minimumLayerSizeBytes: 10_485_760 });
    },
    message: /Every layer is smaller than the minimum/,
    advice: /^Deploy the image unchanged/,
    verdicts: no,
  },
  'no-layer-to-index': {
    title: 'no layer is gzip or tar',
    diagnose: async (store) => {
      await pushImage(store, { tag: 'v1', layers: [gzipLayer('a', ociTypes.zstd)] });
      return diagnose(store, 'v1');
    },
    message: /No layer that is large enough has a format that can be indexed/,
    advice: /^Build it with gzip layers/,
    verdicts: no,
  },
  'index-outside-image-index': {
    title: 'the image index was rewritten without its SOCI index',
    diagnose: async (store) => {
      await pushIndexed(store);
      const entries = await readEntries(store, 'v1-soci');
      await pushIndex(
        store,
        entries.filter(({ artifactType }) => artifactType !== sociV2),
        { tag: 'v1-soci' },
      );
      return diagnose(store, 'v1-soci');
    },
    message: /is in the repository but not in the image index/,
    advice: /^Index the source image again/,
    verdicts: yes,
  },
  'soci-tag-behind': {
    title: 'the tag with -soci is deployed and the original has moved on',
    diagnose: async (store) => {
      await pushIndexed(store);
      await pushImage(store, { tag: 'v1', layers: [gzipLayer('newer')] });
      return diagnose(store, 'v1-soci');
    },
    message: new RegExp(`The tag v1 now points to another image \\(${digestPattern}\\)`),
    advice: /soci-index index 111122223333\.dkr\.ecr\.eu-west-1\.amazonaws\.com\/app:v1\. /,
    verdicts: yes,
  },
  'target-tag-taken': {
    title: 'the image has no index, and a plain image stands at the tag that it would get',
    diagnose: async (store) => {
      await pushImage(store, { tag: 'v1' });
      await pushImage(store, { tag: 'v1-soci', layers: [gzipLayer('theirs')] });
      return diagnose(store, 'v1');
    },
    message: /the tag v1-soci points to an image without SOCI indexes .*, which indexing does not overwrite/,
    advice: /^Delete that tag, or index with another --tag-suffix/,
    verdicts: no,
  },
  'entry-missing': {
    title: 'an attestation of the image was deleted',
    diagnose: async (store) => {
      const image = await pushImage(store);
      const attestation = await pushAttestation(store, image);
      await pushIndex(store, [image, attestation], { tag: 'v1' });
      await index(store, 'v1');
      store.lost.add(attestation.digest);
      return diagnose(store, 'v1-soci');
    },
    message: new RegExp(`^The image index names the attestation ${digestPattern}, which is not in`),
    advice: /with its attestations/,
    verdicts: yes,
  },
  'entry-type-lost': {
    title: 'a tool that copied the image has dropped the artifact type of its SOCI index',
    diagnose: async (store) => {
      await pushIndexed(store);
      await stripArtifactTypes(store, 'v1-soci');
      return diagnose(store, 'v1-soci');
    },
    message: new RegExp(`^The entry of the SOCI index ${digestPattern} has lost its artifact type; skopeo`),
    advice: /soci-index index .*\/app:v1\.$/,
    verdicts: yes,
  },
  'entry-without-platform': {
    title: 'an image in the image index has no platform',
    diagnose: async (store) => {
      const { mediaType, digest, size } = await pushImage(store, { layers: [gzipLayer('b')] });
      await pushIndex(store, [await pushImage(store), { mediaType, digest, size }], { tag: 'v1' });
      await index(store, 'v1');
      return diagnose(store, 'v1-soci');
    },
    message: new RegExp(`^The image index lists the manifest ${digestPattern} without a platform`),
    advice: /^Add its platform/,
    verdicts: yes,
  },
  'index-config-missing': {
    title: 'the config of the SOCI index was not copied',
    diagnose: async (store) => {
      await pushIndexed(store);
      store.lost.add(digestOf(Buffer.from('{}')));
      return diagnose(store, 'v1-soci');
    },
    message: new RegExp(`^The config of the SOCI index ${digestPattern} is not in the repository`),
    advice: /^Build it again: soci-index index .*\/app:v1\.$/,
    verdicts: yes,
  },
  'suffix-tag-without-index': {
    title: 'a plain image stands at the tag with -soci, and the image has a V1 index',
    diagnose: async (store) => {
      await pushImage(store, { tag: 'v1' });
      await pushImage(store, { tag: 'v1-soci' });
      await index(store, 'v1', { version: 'V1' });
      return diagnose(store, 'v1');
    },
    message: /The tag v1-soci points to an image without SOCI indexes .*\(target-tag-taken\)/,
    advice: /--tag-suffix/,
    verdicts: ['depends', 'depends', 'depends'],
  },
  'suffix-tag-too-long': {
    title: 'the tag leaves no room for the suffix',
    diagnose: async (store) => {
      const tag = 'v'.repeat(124);
      await pushImage(store, { tag });
      return diagnose(store, tag);
    },
    message: /The tag has 124 characters\. With -soci appended/,
    advice: /shorter tag/,
    verdicts: no,
  },
  'several-v1-indexes': {
    title: 'there are two V1 indexes, and a runtime takes either',
    diagnose: async (store) => {
      const subject = await pushImage(store, { tag: 'v1' });
      await pushSociIndex(store, { version: 'V1', subject });
      await pushSociIndex(store, { version: 'V1', subject, buildToolIdentifier: 'another tool' });
      return diagnose(store, 'v1');
    },
    message: /has 2 V1 SOCI indexes; a runtime may use any of them/,
    advice: /^Delete all but one/,
    verdicts: ['depends', 'depends', 'depends'],
  },
  'referrers-api-missing': {
    title: 'the registry has no referrers API',
    diagnose: async (store) => {
      await pushImage(store, { tag: 'v1' });
      await index(store, 'v1', { version: 'V1' });
      store.referrersApi = false;
      return diagnose(store, 'v1');
    },
    message: /The registry has no referrers API/,
    advice: /^Prefer V2/,
    verdicts: ['depends', 'depends', 'depends'],
  },
  'referrers-unknown': {
    title: 'the registry fails to list referrers',
    diagnose: async (store) => {
      await pushIndexed(store, [gzipLayer('a')]);
      store.listingError = new UnavailableError('status 500');
      return diagnose(store, 'v1-soci');
    },
    message: /The referrers of the manifest could not be listed, .*: status 500\.$/,
    advice: /^Use V2/,
    verdicts: yes,
  },
  'layer-zstd': {
    title: 'one layer is zstd',
    diagnose: (store) =>
      pushIndexed(store, [gzipLayer('a'), gzipLayer('b', ociTypes.zstd)]).then(() =>
        diagnose(store, 'v1-soci'),
      ),
    message: new RegExp(`The layer ${digestPattern} is compressed with zstd`),
    advice: /compression=gzip,force-compression=true/,
    verdicts: yes,
  },
  'layer-unsupported': {
    title: 'one layer is encrypted',
    diagnose: async (store) => {
      await pushIndexed(store, [gzipLayer('a'), gzipLayer('b', `${ociTypes.gzip}+encrypted`)]);
      return diagnose(store, 'v1-soci');
    },
    message: /tar\+gzip\+encrypted", which is encrypted or cannot be indexed for another reason/,
    advice: /plain gzip layer/,
    verdicts: yes,
  },
  'layer-foreign': {
    title: 'one layer is of a type that may lie elsewhere',
    diagnose: async (store) => {
      await pushIndexed(store, [gzipLayer('a'), gzipLayer('b', ociTypes.foreign)]);
      return diagnose(store, 'v1-soci');
    },
    message: /nondistributable.*Such layers are often stored elsewhere/,
    advice: /^Push the layer to the repository too/,
    verdicts: yes,
  },
  'layer-not-covered': {
    title: 'the index leaves out a layer that could be in it',
    diagnose: async (store) => {
      await pushNaming(store, await pushSociIndex(store, {}), [gzipLayer('a'), gzipLayer('b')]);
      return diagnose(store, 'v1-soci');
    },
    message: new RegExp(`The layer ${gzipLayer('b').descriptor.digest} is large enough to be indexed`),
    advice: /--min-layer-size/,
    verdicts: yes,
  },
  'small-image': {
    title: 'the image is too small for lazy loading to matter',
    diagnose: (store) => pushIndexed(store).then(() => diagnose(store, 'v1-soci')),
    message: /is \d+ B compressed; AWS recommends lazy loading for images of more than 250\.0 MiB/,
    advice: /^Measure the start/,
    verdicts: yes,
  },
  'signature-not-carried': {
    title: 'the source is signed and the indexed image is not',
    diagnose: async (store) => {
      await pushIndexed(store);
      await pushReferrer(store, (await store.resolve('v1'))!, 'application/vnd.cncf.notary.signature');
      return diagnose(store, 'v1-soci');
    },
    message: new RegExp(`^The source image ${digestPattern} is signed, .* ${digestPattern} is not`),
    advice: /cosign sign .*signing_profile_arns/,
    verdicts: yes,
  },
  'attestation-detached': {
    title: 'a conversion has lost what the attestation is about',
    diagnose: async (store) => {
      const image = await pushImage(store);
      await pushIndex(store, [image, await pushAttestation(store, image)], { tag: 'v1' });
      await index(store, 'v1');
      const entries = (await readEntries(store, 'v1-soci')).map((entry) => {
        const { annotations, ...rest } = entry;
        return entry.platform?.os === 'unknown' ? rest : { ...rest, ...(annotations && { annotations }) };
      });
      await pushIndex(store, entries, { tag: 'v1-soci' });
      return diagnose(store, 'v1-soci');
    },
    message: new RegExp(`^An attestation \\(${digestPattern}\\) in the image index`),
    advice: /which keep the annotations/,
    verdicts: yes,
  },
  'no-filter-matches': {
    title: 'no filter of the module matches the image',
    diagnose: async (store) => {
      await pushIndexed(store);
      const filter = { filters: parseImageFilters('prod*:latest,app:V*'), repository: 'app' };
      return diagnose(store, 'v1-soci', { filter });
    },
    message:
      /No filter matches app:v1 \(prod\*:latest: neither the repository nor the tag matches; app:V\*: only the case of the tag differs\)/,
    advice: /repository_image_tag_filters/,
    verdicts: yes,
  },
  'platform-without-soci': {
    title: 'one platform of the image is Windows',
    diagnose: async (store) => {
      const windows = await pushImage(store, { platform: windowsAmd64, layers: [gzipLayer('w')] });
      await pushIndex(store, [await pushImage(store), windows], { tag: 'v1' });
      await index(store, 'v1');
      return diagnose(store, 'v1-soci');
    },
    message: /^Windows containers are never loaded lazily\.$/,
    advice: /^Nothing to do for this platform/,
    verdicts: yes,
  },
  'both-versions': {
    title: 'the image has V2 by its annotation and V1 as a referrer',
    diagnose: async (store) => {
      await pushIndexed(store);
      const [image] = await readEntries(store, 'v1-soci');
      await pushSociIndex(store, { version: 'V1', subject: image! });
      return diagnose(store, 'v1-soci');
    },
    message: /Runtimes look for V2 first/,
    advice: /The V1 indexes may be deleted/,
    verdicts: yes,
  },
  'other-builder': {
    title: 'the index is from another tool',
    diagnose: async (store) => {
      await pushImage(store, { tag: 'v1' });
      await index(store, 'v1', { buildToolIdentifier: 'AWS SOCI CLI v0.2' });
      return diagnose(store, 'v1-soci');
    },
    message: /was built by "AWS SOCI CLI v0\.2"/,
    advice: /soci-index verify/,
    verdicts: yes,
  },
  'no-span-size': {
    title: 'the index is of an older soci, which did not write span sizes',
    diagnose: async (store) => {
      await pushNaming(store, await pushSociIndex(store, { spanSizeBytes: 'unsaid' }));
      return diagnose(store, 'v1-soci');
    },
    message: /has no span size annotation: .*version of soci before 0\.12\.0/,
    advice: /soci-index verify/,
    verdicts: yes,
  },
  'prefetch-artifacts': {
    title: 'the index lists files to prefetch',
    diagnose: async (store) => {
      await pushImage(store, { tag: 'v1' });
      await index(store, 'v1', { prefetch: ['/etc/a'] });
      return diagnose(store, 'v1-soci');
    },
    message: /lists spans to prefetch for 1 layer\./,
    advice: /\[prefetch\] enable = true/,
    verdicts: yes,
  },
  'span-size-not-default': {
    title: 'the index has unusual spans',
    diagnose: async (store) => {
      await pushImage(store, { tag: 'v1' });
      await index(store, 'v1', { spanSizeBytes: 65_536 });
      return diagnose(store, 'v1-soci');
    },
    message: /spans of 65536 bytes; the default is 4194304/,
    advice: /adds 32 KiB/,
    verdicts: yes,
  },
  'docker-media-types': {
    title: 'the image has Docker media types',
    diagnose: async (store) => {
      await pushImage(store, { tag: 'v1', types: dockerTypes, layers: [gzipLayer('a', dockerTypes.gzip)] });
      return diagnose(store, 'v1');
    },
    message: /Docker media types \(schema 2\)/,
    advice: /has OCI manifests/,
    verdicts: no,
  },
  'deployed-by-tag': {
    title: 'the image is deployed by a tag, which may move',
    diagnose: (store) => pushIndexed(store).then(() => diagnose(store, 'v1-soci')),
    message: new RegExp(`^The tag v1-soci points to ${digestPattern} now`),
    advice: new RegExp(`^Deploy ${repository}@${digestPattern} `),
    verdicts: yes,
  },
  'deployed-by-digest': {
    title: 'the image is deployed by the digest of its image index',
    diagnose: async (store) => diagnose(store, await pushIndexed(store)),
    message: /The digest is that of the image index\. It never changes/,
    advice: /^Nothing to do/,
    verdicts: yes,
  },
  'in-a-layout': {
    title: 'the image lies in a directory',
    diagnose: async (store) => {
      await pushIndexed(store);
      return diagnose(store, 'v1-soci', { name: { place: 'layout', repository: 'oci:layout' } });
    },
    message: /checked as if it were in a private ECR repository/,
    advice: /skopeo copy --all/,
    verdicts: yes,
  },
  'fargate-requirements': {
    title: 'Fargate needs a platform version',
    diagnose: (store) => pushIndexed(store).then(() => diagnose(store, 'v1-soci')),
    message: /Linux platform version 1\.4\.0/,
    advice: /task metadata endpoint version 4 shows the snapshotter/,
    verdicts: yes,
  },
  'eks-requirements': {
    title: 'nodes of EKS need the snapshotter',
    diagnose: (store) => pushIndexed(store).then(() => diagnose(store, 'v1-soci')),
    message: /0\.10\.0 or later for V2/,
    advice: /parallel pull mode is not lazy loading/,
    verdicts: yes,
  },
  'snapshotter-requirements': {
    title: 'containerd needs the snapshotter, annotations and credentials',
    diagnose: (store) => pushIndexed(store).then(() => diagnose(store, 'v1-soci')),
    message: /snapshot annotations, and credentials/,
    advice: /disable_snapshot_annotations = false/,
    verdicts: yes,
  },
};

/** An index of one entry for each of two platforms, in which every layer has the size that is said of it. */
export async function pushSizedImage(store: AlteredStore, layerBytes: number): Promise<void> {
  const layer = { ...gzipLayer('a').descriptor, size: layerBytes };
  const sociIndex = await pushSociIndex(store, {});
  const config = blobOf(Buffer.from(JSON.stringify(linuxAmd64)), ociTypes.config);
  await store.pushBlob(config.descriptor, config.bytes);
  const manifest = encodeManifest({
    config: config.descriptor,
    layers: [layer],
    annotations: { 'com.amazon.soci.index-digest': sociIndex },
  });
  await store.pushManifest(manifest);
  const { bytes } = await store.fetchManifest(sociIndex);
  const entries = [
    {
      mediaType: ociTypes.manifest,
      digest: manifest.digest,
      size: manifest.bytes.length,
      platform: linuxAmd64,
    },
    {
      mediaType: ociTypes.manifest,
      digest: sociIndex,
      size: bytes.length,
      platform: linuxAmd64,
      artifactType: sociV2,
    },
  ];
  await store.pushManifest(encodeIndex({ manifests: entries }), 'v1-soci');
}
