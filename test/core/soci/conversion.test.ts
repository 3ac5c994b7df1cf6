import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import {
  digestOf,
  type Descriptor,
  type Digest,
  type Platform,
} from '../../../lambda-src/core/oci/descriptor.ts';
import { parseConfigPlatform } from '../../../lambda-src/core/oci/image-config.ts';
import {
  encodeIndex,
  encodeManifest,
  parseIndex,
  parseManifest,
  type EncodedManifest,
  type ImageIndex,
} from '../../../lambda-src/core/oci/manifest.ts';
import { isIndexType } from '../../../lambda-src/core/oci/media-type.ts';
import { parsePlatform } from '../../../lambda-src/core/oci/platform.ts';
import {
  convertImage,
  findPlatformSociIndex,
  findSociIndex,
  isConversionOf,
  type ConvertedImage,
  type ConvertibleImage,
  type PlatformIndex,
} from '../../../lambda-src/core/soci/conversion.ts';
import { selectLayers } from '../../../lambda-src/core/soci/layer-selection.ts';
import { choosePlatforms, wrapManifest } from '../../../lambda-src/core/soci/platform-choice.ts';
import { claimedSociDigests } from '../../../lambda-src/core/soci/soci-entry.ts';
import {
  encodeSociIndex,
  parseSociIndex,
  type IndexedLayer,
} from '../../../lambda-src/core/soci/soci-index.ts';

interface Conversion {
  readonly name: string;
  readonly platforms: 'all' | readonly string[];
  readonly minimumLayerSize: number;
  readonly root: Descriptor;
  readonly encoding?: 'base64';
  readonly source: Readonly<Record<Digest, string>>;
  readonly digest: Digest;
  readonly written: Readonly<Record<Digest, string>>;
}

type Blobs = Map<Digest, Uint8Array>;

const conversions = JSON.parse(
  readFileSync(new URL('conversions.json', `file://${__dirname}/../../fixtures/images/`), 'utf8'),
) as Conversion[];

function decodeBlobs(conversion: Conversion, texts: Readonly<Record<Digest, string>>): Blobs {
  const entries = Object.entries(texts) as [Digest, string][];
  return new Map(entries.map(([digest, text]) => [digest, Buffer.from(text, conversion.encoding ?? 'utf8')]));
}

/** The reference's zTOCs, by layer. */
function collectZtocs(blobs: Blobs): Map<Digest, IndexedLayer> {
  const ztocs = new Map<Digest, IndexedLayer>();
  for (const bytes of blobs.values()) {
    if (!/"config":\{"mediaType":"application\/vnd.amazon.soci.index/.test(Buffer.from(bytes).toString()))
      continue;
    for (const layer of parseSociIndex(bytes).layers) ztocs.set(layer.layerDigest, layer);
  }
  return ztocs;
}

/** Converts an image, with zTOCs from the reference's SOCI indexes instead of new ones. */
function convert(conversion: Conversion): ConvertedImage & { sociIndexes: EncodedManifest[] } {
  const source = decodeBlobs(conversion, conversion.source);
  const written = decodeBlobs(conversion, conversion.written);
  const ztocs = new Map([...collectZtocs(source), ...collectZtocs(written)]);
  const { root } = conversion;
  const rootBytes = source.get(root.digest)!;
  const image = isIndexType(root.mediaType)
    ? parseIndex(rootBytes)
    : wrapManifest(root, parseConfigPlatform(source.get(parseManifest(rootBytes).config.digest)!));
  const wanted = conversion.platforms === 'all' ? undefined : conversion.platforms.map(parsePlatform);

  const sociIndexes: EncodedManifest[] = [];
  const platformIndexes: PlatformIndex[] = [];
  for (const choice of choosePlatforms(image, wanted).chosen) {
    const { layers } = parseManifest(source.get(choice.entry.digest)!);
    const indexed = selectLayers(layers, conversion.minimumLayerSize).flatMap((selected) =>
      selected.kind === 'index'
        ? [{ ...ztocs.get(selected.layer.digest)!, layerMediaType: selected.layer.mediaType }]
        : [],
    );
    if (indexed.length === 0) continue;
    const sociIndex = encodeSociIndex({
      version: 'V2',
      layers: indexed,
      buildToolIdentifier: 'AWS SOCI CLI v0.2',
    });
    sociIndexes.push(sociIndex);
    platformIndexes.push({
      ...choice,
      sociIndex: { digest: sociIndex.digest, size: sociIndex.bytes.length },
    });
  }
  return { ...convertImage(recognize(image, source), platformIndexes), sociIndexes };
}

describe('an image that the reference converted', () => {
  test.each(conversions)('is converted to the same bytes: $name', (conversion) => {
    const { index, manifests, sociIndexes } = convert(conversion);
    const expected = new Map([
      ...decodeBlobs(conversion, conversion.source),
      ...decodeBlobs(conversion, conversion.written),
    ]);
    for (const { digest, bytes } of [...sociIndexes, ...manifests, index]) {
      expect(expected.get(digest)?.toString()).toBe(Buffer.from(bytes).toString());
    }
    expect(index.digest).toBe(conversion.digest);
  });
});

const gzipLayer = 'application/vnd.oci.image.layer.v1.tar+gzip';
const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json';
const amd64: Platform = { architecture: 'amd64', os: 'linux' };
const arm64: Platform = { architecture: 'arm64', os: 'linux', variant: 'v8' };
const unknown: Platform = { architecture: 'unknown', os: 'unknown' };

const blob = (mediaType: string, text: string): Descriptor => ({
  mediaType,
  digest: digestOf(Buffer.from(text)),
  size: text.length,
});

/** A test image: entries with their manifests, pretty-printed so that a rewrite changes their bytes. */
class SourceImage {
  readonly manifests: Blobs = new Map();
  readonly entries: Descriptor[] = [];

  add(manifest: object, mediaType: string, entry: Partial<Descriptor>): Descriptor {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...manifest }, undefined, 2));
    const descriptor: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length, ...entry };
    this.manifests.set(descriptor.digest, bytes);
    this.entries.push(descriptor);
    return descriptor;
  }

  addImage(platform: Platform, entry: Partial<Descriptor> = {}, manifest: object = {}): Descriptor {
    return this.add(
      {
        config: blob('application/vnd.oci.image.config.v1+json', JSON.stringify(platform)),
        layers: [blob(gzipLayer, `layer for ${platform.architecture}`)],
        ...manifest,
      },
      ociManifest,
      { platform, ...entry },
    );
  }

  addDockerImage(platform: Platform, manifest: object = {}): Descriptor {
    return this.add(
      {
        ...manifest,
        config: blob('application/vnd.docker.container.image.v1+json', JSON.stringify(platform)),
        layers: [blob('application/vnd.docker.image.rootfs.diff.tar.gzip', 'layer')],
      },
      dockerManifest,
      { platform },
    );
  }

  addAttestation(image: Descriptor, manifest: object = {}): Descriptor {
    return this.add(
      {
        config: blob('application/vnd.oci.image.config.v1+json', '{"architecture":"unknown","os":"unknown"}'),
        layers: [blob('application/vnd.in-toto+json', '{}')],
        ...manifest,
      },
      ociManifest,
      {
        platform: unknown,
        annotations: {
          'vnd.docker.reference.digest': image.digest,
          'vnd.docker.reference.type': 'attestation-manifest',
        },
      },
    );
  }

  get index(): ImageIndex {
    return { mediaType: 'application/vnd.oci.image.index.v1+json', manifests: this.entries };
  }

  convert(...platforms: Platform[]): ConvertedImage {
    return convertImage(recognize(this.index, this.manifests), indexPlatforms(this.index, platforms));
  }
}

/** An image in which every entry that claims to be a SOCI index is one. */
function recognize(index: ImageIndex, manifests: Blobs = new Map()): ConvertibleImage {
  return { index, manifests, sociDigests: claimedSociDigests(index) };
}

/** Stands in for the SOCI index of an entry, and depends only on its platform. */
function indexPlatforms(index: ImageIndex, platforms?: Platform[]): PlatformIndex[] {
  return choosePlatforms(index, platforms).chosen.map((choice) => {
    const text = `SOCI index for ${choice.platform.architecture}`;
    return { ...choice, sociIndex: { digest: digestOf(Buffer.from(text)), size: text.length } };
  });
}

/** The manifests of a converted image, both the source's and the rewritten ones. */
function gatherManifests(source: Blobs, { manifests }: ConvertedImage): Blobs {
  return new Map([...source, ...manifests.map(({ digest, bytes }) => [digest, bytes] as const)]);
}

describe('what the reference loses', () => {
  test('an attestation keeps its bytes and annotations, and points to the new manifest of its image', () => {
    const image = new SourceImage();
    // BuildKit lists attestations last, but nothing requires it.
    const attested = image.addImage(amd64);
    image.entries.pop();
    const attestation = image.addAttestation(attested);
    image.entries.push(attested);

    const { index, manifests } = image.convert(amd64);

    const [first, second] = parseIndex(index.bytes).manifests;
    expect(manifests.map(({ digest }) => digest)).toEqual([second?.digest]);
    expect(second?.digest).not.toBe(attested.digest);
    expect(first).toEqual({
      ...attestation,
      annotations: {
        'vnd.docker.reference.digest': second?.digest,
        'vnd.docker.reference.type': 'attestation-manifest',
      },
    });
  });

  test('an attestation of an image without a SOCI index does not change', () => {
    const image = new SourceImage();
    const attested = image.addImage(amd64);
    const attestation = image.addAttestation(attested);
    image.addImage(arm64);
    const { index } = image.convert(arm64);
    expect(parseIndex(index.bytes).manifests.slice(0, 2)).toEqual([attested, attestation]);
  });

  test("an entry keeps its annotations, and the manifest's are added and take precedence", () => {
    const image = new SourceImage();
    image.addImage(
      amd64,
      { annotations: { kept: 'entry', both: 'entry' } },
      { annotations: { both: 'manifest', added: 'manifest' } },
    );
    const { index } = image.convert(amd64);
    const [entry, sociIndex] = parseIndex(index.bytes).manifests;
    expect(entry?.annotations).toEqual({
      kept: 'entry',
      both: 'manifest',
      added: 'manifest',
      'com.amazon.soci.index-digest': sociIndex?.digest,
    });
  });

  test('an entry without a SOCI index keeps its bytes and digest, including unknown fields', () => {
    const image = new SourceImage();
    image.addImage(amd64);
    const kept = image.addImage(arm64, { annotations: { a: 'b' } }, { unknown: 1, annotations: { c: 'd' } });
    const { index, manifests } = image.convert(amd64);
    expect(parseIndex(index.bytes).manifests[1]).toEqual(kept);
    expect(manifests).toHaveLength(1);
  });

  test('a Docker manifest becomes an OCI manifest even without a SOCI index, because registries reject a mixture', () => {
    const image = new SourceImage();
    image.addImage(amd64);
    const docker = image.addDockerImage(arm64);
    const attestation = image.addAttestation(docker);

    const { index, manifests } = image.convert(amd64);

    const entry = parseIndex(index.bytes).manifests[1]!;
    const encoded = manifests.find(({ digest }) => digest === entry.digest)!;
    const manifest = parseManifest(encoded.bytes);
    expect(entry).toEqual({
      mediaType: ociManifest,
      digest: digestOf(encoded.bytes),
      size: encoded.bytes.length,
      platform: arm64,
    });
    expect(manifest.mediaType).toBe(ociManifest);
    expect(manifest.config.mediaType).toBe('application/vnd.oci.image.config.v1+json');
    expect(manifest.layers).toEqual([blob('application/vnd.docker.image.rootfs.diff.tar.gzip', 'layer')]);
    expect(manifest.annotations).toBeUndefined();
    expect(parseIndex(index.bytes).manifests[2]?.annotations).toEqual({
      ...attestation.annotations,
      'vnd.docker.reference.digest': entry.digest,
    });
  });

  test('a Docker manifest without a SOCI index does not copy its annotations to its entry', () => {
    const image = new SourceImage();
    image.addImage(amd64);
    image.addDockerImage(arm64, { annotations: { a: 'b' } });
    const { index, manifests } = image.convert(amd64);
    const entry = parseIndex(index.bytes).manifests[1]!;
    expect(entry.annotations).toBeUndefined();
    const { bytes } = manifests.find(({ digest }) => digest === entry.digest)!;
    expect(parseManifest(bytes).annotations).toEqual({ a: 'b' });
  });

  test('an existing SOCI index points to the new manifest of its image', () => {
    const image = new SourceImage();
    image.addImage(amd64);
    const docker = image.addDockerImage(arm64);
    image.entries.push({
      ...blob(ociManifest, 'SOCI index by another tool'),
      annotations: { 'com.amazon.soci.image-manifest-digest': docker.digest },
      platform: arm64,
      artifactType: 'application/vnd.amazon.soci.index.v2+json',
    });
    const entries = parseIndex(image.convert(amd64).index.bytes).manifests;
    expect(entries[1]?.digest).not.toBe(docker.digest);
    expect(entries[2]?.annotations).toEqual({ 'com.amazon.soci.image-manifest-digest': entries[1]?.digest });
  });

  test('a Docker manifest that is missing from the registry keeps its entry in the index', () => {
    const image = new SourceImage();
    image.addImage(amd64);
    const absent = image.addDockerImage(arm64);
    image.manifests.delete(absent.digest);
    const { index } = image.convert(amd64);
    expect(parseIndex(index.bytes).manifests[1]).toEqual(absent);
  });

  test('converting again with another platform adds its SOCI index and leaves the first one alone', () => {
    const image = new SourceImage();
    image.addImage(amd64);
    image.addAttestation(image.addImage(arm64));
    const first = image.convert(amd64);
    const firstIndex = parseIndex(first.index.bytes);

    const second = convertImage(
      recognize(firstIndex, gatherManifests(image.manifests, first)),
      indexPlatforms(firstIndex, [arm64]),
    );

    const secondIndex = parseIndex(second.index.bytes);
    expect(second.manifests).toHaveLength(1);
    expect(secondIndex.manifests[0]).toEqual(firstIndex.manifests[0]);
    expect(secondIndex.manifests[3]).toEqual(firstIndex.manifests[3]);
    // The result has the same images and SOCI indexes, whatever the order in which platforms are added.
    const once = parseIndex(image.convert(amd64, arm64).index.bytes);
    expect(secondIndex).toEqual(once);
  });

  test.each([
    ['with annotations and attestations', [amd64, arm64]],
    ['with one of its two platforms', [arm64]],
  ])('converting an image %s twice changes nothing', (_name, platforms) => {
    const image = new SourceImage();
    image.addAttestation(image.addImage(amd64, { annotations: { a: 'entry' } }, { annotations: { a: 'b' } }));
    image.addAttestation(image.addDockerImage(arm64));
    const first = image.convert(...platforms);
    const index = parseIndex(first.index.bytes);
    const manifests = gatherManifests(image.manifests, first);

    const second = convertImage(recognize(index, manifests), indexPlatforms(index, platforms));

    expect(Buffer.from(second.index.bytes).toString()).toBe(Buffer.from(first.index.bytes).toString());
    expect(second.manifests).toEqual([]);
  });

  test('a SOCI index replaces the one for the same platform, however the platform is spelled', () => {
    const image = new SourceImage();
    image.addImage(arm64);
    image.addImage(amd64);
    const first = image.convert(arm64, amd64);
    const index = parseIndex(first.index.bytes);
    const [choice] = choosePlatforms(index, [parsePlatform('linux/aarch64')]).chosen;
    const sociIndex = { digest: digestOf(Buffer.from('newer')), size: 5 };

    const second = convertImage(recognize(index, gatherManifests(image.manifests, first)), [
      { ...choice!, sociIndex },
    ]);

    const entries = parseIndex(second.index.bytes).manifests;
    expect(entries).toHaveLength(4);
    expect(entries[2]).toEqual({
      mediaType: ociManifest,
      ...sociIndex,
      annotations: { 'com.amazon.soci.image-manifest-digest': entries[0]?.digest },
      platform: { architecture: 'arm64', os: 'linux' },
      artifactType: 'application/vnd.amazon.soci.index.v2+json',
    });
    expect(entries[0]?.annotations).toEqual({ 'com.amazon.soci.index-digest': sociIndex.digest });
    expect(entries[3]).toEqual(index.manifests[3]);
  });

  test('SOCI indexes for two versions of Windows do not replace each other', () => {
    const image = new SourceImage();
    const older: Platform = { architecture: 'amd64', os: 'windows', 'os.version': '10.0.20348.1' };
    const newer: Platform = { architecture: 'amd64', os: 'windows', 'os.version': '10.0.26100.1' };
    image.addImage(newer);
    image.addImage(older, {}, { annotations: { older: 'yes' } });
    const entries = parseIndex(
      convertImage(recognize(image.index, image.manifests), indexPlatforms(image.index)).index.bytes,
    ).manifests;
    expect(entries.map(({ platform }) => platform)).toEqual([newer, older, newer, older]);
  });

  test('an index in place of a manifest is an error, not an image without layers', () => {
    const image = new SourceImage();
    const entry = image.addImage(amd64);
    image.manifests.set(entry.digest, encodeIndex({ manifests: [] }).bytes);
    expect(() => image.convert(amd64)).toThrow(FormatError);
  });

  test('a missing manifest is an error, and is not left out', () => {
    const image = new SourceImage();
    const entry = image.addImage(amd64);
    image.manifests.clear();
    expect(() => image.convert(amd64)).toThrow(entry.digest);
  });
});

describe('references within a converted image', () => {
  const subjectOf = ({ mediaType, digest, size }: Descriptor) => ({ mediaType, digest, size });

  test('the subject of an attestation changes to the new digest, and so do references to the attestation', () => {
    const image = new SourceImage();
    const attested = image.addImage(amd64);
    const attestation = image.addAttestation(attested, { subject: subjectOf(attested) });
    // An attestation of an attestation, listed before it.
    const onTop = image.addAttestation(attestation, { subject: subjectOf(attestation) });
    image.entries.unshift(image.entries.pop()!);

    const { index, manifests } = image.convert(amd64);

    const [newOnTop, newImage, newAttestation] = parseIndex(index.bytes).manifests as [
      Descriptor,
      Descriptor,
      Descriptor,
    ];
    const written = new Map(manifests.map((manifest) => [manifest.digest, manifest]));
    expect(manifests.map(({ digest }) => digest)).toEqual([
      newImage.digest,
      newAttestation.digest,
      newOnTop.digest,
    ]);
    expect(parseManifest(written.get(newAttestation.digest)!.bytes).subject).toEqual(subjectOf(newImage));
    expect(parseManifest(written.get(newOnTop.digest)!.bytes).subject).toEqual(subjectOf(newAttestation));
    expect(newAttestation.annotations?.['vnd.docker.reference.digest']).toBe(newImage.digest);
    expect(newOnTop.annotations?.['vnd.docker.reference.digest']).toBe(newAttestation.digest);
    expect(newAttestation.size).toBe(written.get(newAttestation.digest)!.bytes.length);
    const all = [index, ...manifests].map(({ bytes }) => Buffer.from(bytes).toString()).join();
    for (const { digest } of [attested, attestation, onTop]) expect(all).not.toContain(digest);
  });

  test('the config and statements of an attestation do not change', () => {
    const image = new SourceImage();
    const attested = image.addImage(amd64);
    const config = blob('application/vnd.oci.empty.v1+json', '{}');
    const artifactType = 'application/vnd.docker.attestation.manifest.v1+json';
    image.addAttestation(attested, { artifactType, config, subject: subjectOf(attested) });
    const [, attestation] = image.convert(amd64).manifests;
    expect(parseManifest(attestation!.bytes)).toMatchObject({
      artifactType,
      config,
      layers: [blob('application/vnd.in-toto+json', '{}')],
    });
  });

  test('the subject changes from the Docker manifest to the OCI manifest, including its media type', () => {
    const image = new SourceImage();
    const attested = image.addDockerImage(amd64);
    image.addAttestation(attested, { subject: subjectOf(attested) });
    const [manifest, attestation] = image.convert(amd64).manifests;
    expect(parseManifest(attestation!.bytes).subject).toEqual({
      mediaType: ociManifest,
      digest: manifest!.digest,
      size: manifest!.bytes.length,
    });
  });

  test.each([
    ['an image without a SOCI index', (image: SourceImage) => subjectOf(image.addImage(arm64))],
    ['something outside the image', () => blob(ociManifest, 'elsewhere')],
  ])('an attestation whose subject is %s keeps its bytes', (_, addSubject) => {
    const image = new SourceImage();
    const attested = image.addImage(amd64);
    const kept = image.addAttestation(attested, { subject: addSubject(image) });
    const { index, manifests } = image.convert(amd64);
    expect(manifests).toHaveLength(1);
    expect(parseIndex(index.bytes).manifests.map(({ digest }) => digest)).toContain(kept.digest);
  });

  test('converting twice changes nothing', () => {
    const image = new SourceImage();
    const attested = image.addImage(amd64);
    image.addAttestation(attested, { subject: subjectOf(attested) });
    const first = image.convert(amd64);
    const index = parseIndex(first.index.bytes);
    const again = convertImage(
      recognize(index, gatherManifests(image.manifests, first)),
      indexPlatforms(index, [amd64]),
    );
    expect(again.index.digest).toBe(first.index.digest);
    expect(again.manifests).toEqual([]);
  });
});

describe('SOCI indexes whose entries have lost their artifact type', () => {
  function makeStripped(): {
    readonly image: SourceImage;
    readonly stripped: ImageIndex;
    readonly manifests: Blobs;
  } {
    const image = new SourceImage();
    image.addImage(amd64);
    const first = image.convert(amd64);
    const { manifests, ...rest } = parseIndex(first.index.bytes);
    const entries = manifests.map(({ artifactType, ...entry }) =>
      artifactType === undefined ? entry : entry,
    );
    return {
      image,
      stripped: { ...rest, manifests: entries },
      manifests: gatherManifests(image.manifests, first),
    };
  }

  test('are replaced, not duplicated', () => {
    const { image, stripped, manifests } = makeStripped();
    const again = convertImage(recognize(stripped, manifests), indexPlatforms(stripped, [amd64]));
    expect(again.index.digest).toBe(image.convert(amd64).index.digest);
  });

  test('are replaced by one if they are already duplicated', () => {
    const { image, stripped, manifests } = makeStripped();
    const doubled = { ...stripped, manifests: [...stripped.manifests, stripped.manifests[1]!] };
    const again = convertImage(recognize(doubled, manifests), indexPlatforms(doubled, [amd64]));
    expect(again.index.digest).toBe(image.convert(amd64).index.digest);
  });

  test('an entry that falsely claims to be a SOCI index does not change', () => {
    const image = new SourceImage();
    image.addImage(amd64);
    const annotations = { 'com.amazon.soci.image-manifest-digest': image.entries[0]!.digest };
    const claim = image.addImage(arm64, { platform: amd64, annotations: { other: 'x', ...annotations } });
    const converted = convertImage(
      { index: image.index, manifests: image.manifests, sociDigests: new Set() },
      indexPlatforms(image.index, [amd64]),
    );
    const entries = parseIndex(converted.index.bytes).manifests;
    expect(entries).toHaveLength(3);
    expect(entries[1]).toMatchObject({ digest: claim.digest, size: claim.size });
  });
});

describe('an existing target', () => {
  function makeConvertedImage(): {
    source: SourceImage;
    target: ConvertibleImage & { digest: Digest };
    manifests: Blobs;
  } {
    const source = new SourceImage();
    source.addAttestation(source.addImage(amd64));
    source.addImage(arm64);
    const converted = source.convert(amd64, arm64);
    const manifests = gatherManifests(source.manifests, converted);
    const target = recognize(parseIndex(converted.index.bytes), manifests);
    return { source, target: { digest: converted.index.digest, ...target }, manifests };
  }

  test('is recognized as the conversion of its source without reading a layer', () => {
    const { source, target } = makeConvertedImage();
    const { chosen } = choosePlatforms(source.index);
    expect(isConversionOf(target, recognize(source.index, source.manifests), chosen)).toBe(true);
  });

  test('is recognized as its own conversion', () => {
    const { target, manifests } = makeConvertedImage();
    const { chosen } = choosePlatforms(target.index);
    expect(isConversionOf(target, recognize(target.index, manifests), chosen)).toBe(true);
  });

  test('is not the conversion of a newly pushed image', () => {
    const { source, target } = makeConvertedImage();
    const pushed = new SourceImage();
    pushed.addImage(amd64, {}, { annotations: { build: 'next' } });
    pushed.addImage(arm64);
    expect(
      isConversionOf(target, recognize(pushed.index, pushed.manifests), choosePlatforms(pushed.index).chosen),
    ).toBe(false);
    // Adding only an attestation to the image has the same effect.
    source.addAttestation(source.entries[2]!);
    expect(
      isConversionOf(target, recognize(source.index, source.manifests), choosePlatforms(source.index).chosen),
    ).toBe(false);
  });

  test('without the SOCI index of a platform is not a conversion, although its digest is right', () => {
    const { source } = makeConvertedImage();
    const partly = source.convert(amd64);
    const target = { digest: partly.index.digest, ...recognize(parseIndex(partly.index.bytes)) };
    const { chosen } = choosePlatforms(source.index);
    expect(isConversionOf(target, recognize(source.index, source.manifests), chosen)).toBe(false);
    expect(isConversionOf(target, recognize(source.index, source.manifests), chosen.slice(0, 1))).toBe(true);
  });

  test('the SOCI index of a manifest is found by the annotation that a snapshotter uses', () => {
    const { target, manifests } = makeConvertedImage();
    const [image, , other, sociIndex, otherSociIndex] = target.index.manifests;
    expect(findSociIndex(target, parseManifest(manifests.get(image!.digest)!))).toEqual(sociIndex);
    expect(findSociIndex(target, parseManifest(manifests.get(other!.digest)!))).toEqual(otherSociIndex);
  });

  test('no SOCI index is found if the annotation is missing, or names a missing entry or one that is not a SOCI index', () => {
    const { source, target, manifests } = makeConvertedImage();
    const [image, , other] = target.index.manifests;
    expect(findSociIndex(target, parseManifest(source.manifests.get(source.entries[0]!.digest)!))).toBe(
      undefined,
    );
    const converted = parseManifest(manifests.get(image!.digest)!);
    expect(findSociIndex(recognize({ manifests: target.index.manifests.slice(0, 3) }), converted)).toBe(
      undefined,
    );
    const annotations = { 'com.amazon.soci.index-digest': other!.digest };
    expect(findSociIndex(target, { ...converted, annotations })).toBe(undefined);
  });

  test('the SOCI index of a platform is found by its own entry, not by an image of that platform', () => {
    const { target } = makeConvertedImage();
    expect(findPlatformSociIndex(target, parsePlatform('linux/arm64'))).toEqual(target.index.manifests[4]);
    expect(findPlatformSociIndex(target, parsePlatform('linux/s390x'))).toBe(undefined);
  });

  test('a version 1 SOCI index in an image index is not mistaken for version 2', () => {
    const { digest } = encodeManifest({ config: blob('a/b', ''), layers: [] });
    const entry: Descriptor = {
      mediaType: ociManifest,
      digest,
      size: 1,
      platform: amd64,
      artifactType: 'application/vnd.amazon.soci.index.v1+json',
    };
    expect(findPlatformSociIndex(recognize({ manifests: [entry] }), amd64)).toBe(undefined);
  });
});
