// An image in its repository, with its SOCI indexes in any state. Reads JSON only: zTOCs are only checked for existence,
// and layers are not touched. Problems are values here, because reporting them is doctor's purpose.
import { type ContentReader, NotFoundError, type StoredManifest } from '../content/content-store.ts';
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import type { Descriptor, Digest, Platform } from '../core/oci/descriptor.ts';
import { JsonObject, parseJson } from '../core/oci/json-document.ts';
import { type ImageIndex, parseManifest } from '../core/oci/manifest.ts';
import { isIndexType } from '../core/oci/media-type.ts';
import { type LayerChoice, selectLayers } from '../core/soci/layer-selection.ts';
import { manifestKindOf } from '../core/soci/manifest-kind.ts';
import { parseSociIndex } from '../core/soci/soci-index.ts';
import { findSociIndexes, presentIndexesOf } from '../image/soci-indexes.ts';
import { readPlatformImages, readSourceImage, type SourceImage } from '../image/source-image.ts';
import { type ExaminedStore, type ExaminedIndexes, examineIndexes } from './examined-indexes.ts';
import type { SociIndexVersion } from '../core/soci-names.ts';
import type { PlatformImage } from '../core/soci/platform-choice.ts';

export interface ExaminedPlatform extends PlatformImage, ExaminedIndexes {
  readonly layers: readonly LayerChoice[];
}

export interface ExaminedImage {
  readonly kind: 'image';
  readonly digest: Digest;
  readonly mediaType: string;
  /** The image index, or one made for a single manifest. */
  readonly index: ImageIndex;
  readonly platforms: readonly ExaminedPlatform[];
  /** Requested platforms that are missing. */
  readonly missing: readonly Platform[];
  /** All platforms of the image. */
  readonly available: readonly Platform[];
  /** Platforms that were not requested and have a SOCI index. */
  readonly otherIndexed: readonly Platform[];
  readonly sociEntries: SourceImage['sociEntries'];
  /** Entries of the image index that are missing from the repository. */
  readonly missingEntries: readonly Descriptor[];
  /** Images whose entries have no platform. */
  readonly withoutPlatform: readonly Descriptor[];
}

/** A reference that does not lead to a runnable image. */
export interface NoExaminedImage {
  readonly kind: 'none';
  /** Digest of the reference's target, if any. */
  readonly digest?: Digest;
  readonly fault: ReferenceFault;
}

export type ReferenceFault =
  | { readonly kind: 'schema 1' | 'attestation' | 'no platform' }
  /** `problem`: a sentence from the store or the parser. */
  | { readonly kind: 'not found' | 'unreadable' | 'manifest missing'; readonly problem: string }
  | { readonly kind: 'artifact'; readonly artifactType: string }
  | { readonly kind: 'soci index'; readonly version: SociIndexVersion; readonly subject?: Digest };

/**
 * Reads an image and its SOCI indexes.
 *
 * @param wanted Platforms to read; by default, all of the image.
 * @param minimumLayerSizeBytes A layer with fewer bytes would get no zTOC.
 * @throws What the store throws, unless something is missing or damaged.
 */
export async function examineImage(
  store: ExaminedStore,
  reference: string,
  wanted: readonly Platform[] | undefined,
  minimumLayerSizeBytes: number,
): Promise<ExaminedImage | NoExaminedImage> {
  let digest: Digest | undefined;
  try {
    const stored = await store.fetchManifest(reference);
    ({ digest } = stored);
    const fault = findFault(stored.mediaType, stored.bytes);
    if (fault !== undefined) return { kind: 'none', digest, fault };
    const image = await readSourceImage(store, stored, wanted);
    if (image.kind === 'none' || image.choices.available.length === 0) {
      return { kind: 'none', digest, fault: { kind: 'no platform' } };
    }

    const platforms: ExaminedPlatform[] = [];
    for (const platform of readPlatformImages(image)) {
      platforms.push({
        ...platform,
        ...(await examineIndexes(store, image, platform)),
        layers: selectLayers(platform.manifest.layers, minimumLayerSizeBytes),
      });
    }
    const { missing, available } = image.choices;
    return {
      kind: 'image',
      digest,
      mediaType: stored.mediaType,
      index: image.index,
      platforms,
      missing,
      available,
      otherIndexed: wanted === undefined ? [] : await findOtherIndexed(store, stored, platforms),
      sociEntries: image.sociEntries,
      missingEntries: image.missing,
      withoutPlatform: image.withoutPlatform,
    };
  } catch (error) {
    return noImageBecause(error, digest);
  }
}

/** Platforms that were not requested and have a SOCI index. Empty if they cannot be read. */
async function findOtherIndexed(
  store: ContentReader,
  stored: StoredManifest,
  asked: readonly PlatformImage[],
): Promise<readonly Platform[]> {
  try {
    const image = await readSourceImage(store, stored, undefined);
    if (image.kind === 'none') return [];
    const indexed: Platform[] = [];
    for (const platform of readPlatformImages(image)) {
      if (asked.some(({ entry }) => entry.digest === platform.entry.digest)) continue;
      const found = await findSociIndexes(store, image, platform);
      if (presentIndexesOf(found).length > 0) indexed.push(platform.platform);
    }
    return indexed;
  } catch (error) {
    // Rethrows errors other than missing or damaged content.
    noImageBecause(error, undefined);
    return [];
  }
}

/**
 * The platforms of an image at another tag, without checking its SOCI indexes. Undefined if the tag does not exist, or is
 * not a readable image.
 */
export async function readOtherTag(
  store: ContentReader,
  tag: string,
): Promise<{ readonly digest: Digest; readonly platforms: readonly PlatformImage[] } | undefined> {
  try {
    const stored = await store.fetchManifest(tag);
    const image = await readSourceImage(store, stored, undefined);
    return { digest: stored.digest, platforms: image.kind === 'none' ? [] : readPlatformImages(image) };
  } catch (error) {
    // Rethrows errors other than missing or damaged content.
    noImageBecause(error, undefined);
    return undefined;
  }
}

function findFault(mediaType: string, bytes: Uint8Array): ReferenceFault | undefined {
  const document = parseJson(bytes);
  if (document instanceof JsonObject && document.members.some(([name]) => name === 'fsLayers')) {
    return { kind: 'schema 1' };
  }
  if (isIndexType(mediaType)) return undefined;
  const manifest = parseManifest(bytes);
  switch (manifestKindOf(manifest)) {
    case 'soci-index': {
      const { version, subject } = parseSociIndex(bytes);
      return { kind: 'soci index', version, ...(subject && { subject: subject.digest }) };
    }
    case 'attestation':
      return { kind: 'attestation' };
    case 'artifact':
      return { kind: 'artifact', artifactType: manifest.artifactType ?? manifest.config.mediaType };
    case 'image':
    case 'converted-image':
      return undefined;
  }
}

/**
 * @param digest The digest of the manifest that was read before the error, if any. @throws `error`, if it has another
 *   cause.
 */
function noImageBecause(error: unknown, digest: Digest | undefined): NoExaminedImage {
  const found = digest === undefined ? {} : { digest };
  if (error instanceof NotFoundError) {
    // A registry's message may say more. ECR's, for example, may say that the image is archived.
    const problem = error.cause instanceof Error ? error.cause.message : error.message;
    const kind = digest === undefined ? 'not found' : 'manifest missing';
    return { kind: 'none', ...found, fault: { kind, problem } };
  }
  if (error instanceof FormatError || error instanceof ContentMismatchError) {
    return { kind: 'none', ...found, fault: { kind: 'unreadable', problem: error.message } };
  }
  throw error;
}
