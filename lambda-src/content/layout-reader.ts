// Reads an OCI image layout from any kind of file storage: a directory or a tar.
// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
//
// - oci-layout: {"imageLayoutVersion":"1.0.0"}
// - index.json: the entries; a tag is an entry's annotation org.opencontainers.image.ref.name
// - blobs/sha256/<hex>: every blob and manifest
import { ConfigError, ContentMismatchError, FormatError } from '../core/errors.ts';
import { digestOf, isDigest, type Descriptor, type Digest } from '../core/oci/descriptor.ts';
import { JsonObject, parseJson } from '../core/oci/json-document.ts';
import { dropUndefined } from '../core/oci/json-fields.ts';
import { maximumManifestBytes, parseIndex, type ImageIndex } from '../core/oci/manifest.ts';
import { escapeText } from '../core/oci/quotation.ts';
import { tagOfName } from '../core/oci/reference.ts';
import {
  MissingStoreError,
  NotFoundError,
  type ContentProbe,
  type ContentReader,
  type StoredManifest,
} from './content-store.ts';
import { apparentMediaType, declaredMediaType } from './manifest-media-type.ts';
import { filterReferrers, readLinks, type ManifestLinks } from './referrer.ts';
import { verifyContent } from './verified-content.ts';

const nameAnnotation = 'org.opencontainers.image.ref.name';
export const layoutVersion = '1.0.0';

/**
 * Maximum number of manifests to search for referrers: far more than any layout contains, and few enough to search quickly.
 */
const maximumScannedManifests = 10_000;

/** One image of a layout, for a command that was given no tag. */
export interface LayoutImage {
  readonly descriptor: Descriptor;
  readonly tag?: string;
}

/** The files of a layout, by path: `blobs/sha256/…`. */
export interface LayoutFiles {
  /** Name of the directory or archive, for messages. */
  readonly name: string;
  /** Whether the directory itself is missing. @default the directory exists */
  isMissing?(): Promise<boolean>;
  has(path: string): Promise<boolean>;
  /**
   * A whole file, or undefined if it does not exist.
   *
   * @throws FormatError if it has more than `maximumBytes`.
   */
  read(path: string, maximumBytes: number): Promise<Uint8Array | undefined>;
  /** The bytes of a file in pieces, or undefined if it does not exist. */
  stream(path: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined>;
}

/** The tag of an entry in index.json. Some tools write a whole reference, of which only the tag is used. */
export function tagOfEntry({ annotations }: Descriptor): string | undefined {
  const name = annotations?.[nameAnnotation];
  return name === undefined ? undefined : tagOfName(name);
}

/** The annotations of the entry with this tag. */
export function annotationsOfTag(tag: string | undefined): Descriptor['annotations'] {
  return tag === undefined ? undefined : { [nameAnnotation]: tag };
}

/** @throws FormatError if it is not a SHA-256 digest: an unchecked digest from JSON could point outside the layout. */
export function blobPathOf(digest: Digest): string {
  if (!isDigest(digest)) {
    throw new FormatError('manifest', 'invalid digest: expected sha256: and 64 hexadecimal digits');
  }
  return `blobs/sha256/${digest.slice('sha256:'.length)}`;
}

export class LayoutReader implements ContentReader, ContentProbe {
  constructor(protected readonly files: LayoutFiles) {}

  async *fetchBlob(target: Descriptor, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    signal?.throwIfAborted();
    const content = await this.files.stream(blobPathOf(target.digest), signal);
    if (content === undefined) throw new NotFoundError(`${this.files.name} has no blob ${target.digest}`);
    yield* verifyContent(target, content);
  }

  async fetchManifest(reference: string): Promise<StoredManifest> {
    const entry = await this.#findEntry(reference);
    const digest = entry?.digest ?? reference;
    if (!isDigest(digest)) throw new NotFoundError(`${this.files.name} has no tag ${reference}`);
    const bytes = await this.#readManifest(digest);
    if (bytes === undefined) throw new NotFoundError(`${this.files.name} has no manifest ${digest}`);
    const actual = digestOf(bytes);
    if (actual !== digest) {
      throw new ContentMismatchError(
        digest,
        `the file in ${this.files.name} has the digest ${actual}`,
        'manifest-invalid',
      );
    }
    return {
      mediaType: declaredMediaType(bytes) ?? entry?.mediaType ?? apparentMediaType(bytes),
      digest,
      bytes,
    };
  }

  async resolve(reference: string): Promise<Descriptor | undefined> {
    try {
      const { mediaType, digest, bytes } = await this.fetchManifest(reference);
      return { mediaType, digest, size: bytes.length };
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  async listReferrers(subject: Digest, artifactType?: string): Promise<readonly Descriptor[]> {
    const referrers: Descriptor[] = [];
    for await (const { subject: ownSubject, referrer } of this.#walkManifests()) {
      if (ownSubject?.digest === subject) referrers.push(referrer);
    }
    return filterReferrers(referrers, artifactType);
  }

  /**
   * The images in index.json, in order, without referrers: an image with a SOCI index beside it counts as one image.
   */
  async listImages(): Promise<readonly LayoutImage[]> {
    const images: LayoutImage[] = [];
    for (const descriptor of (await this.readIndex()).manifests) {
      const links = await this.#readListed(descriptor);
      if (links?.subject !== undefined) continue;
      images.push(dropUndefined({ descriptor, tag: tagOfEntry(descriptor) }));
    }
    return images;
  }

  hasBlob(digest: Digest): Promise<boolean> {
    return this.files.has(blobPathOf(digest));
  }

  /** Referrers are found by reading every manifest of the layout. */
  hasReferrersApi(): Promise<boolean> {
    return Promise.resolve(true);
  }

  protected async readIndex(): Promise<ImageIndex> {
    const marker = parseJson(await this.#readOwnFile('oci-layout'));
    const version =
      marker instanceof JsonObject ? new Map(marker.members).get('imageLayoutVersion') : undefined;
    if (version !== layoutVersion) {
      throw new FormatError('manifest', `${this.files.name}/oci-layout: expected version ${layoutVersion}`);
    }
    return parseIndex(await this.#readOwnFile('index.json'));
  }

  /** Every manifest reachable from index.json, each once. */
  async *#walkManifests(): AsyncGenerator<ManifestLinks> {
    const waiting = [...(await this.readIndex()).manifests];
    const seen = new Set(waiting.map((entry) => entry.digest));
    for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
      const links = await this.#readListed(entry);
      if (links === undefined) continue;
      yield links;
      for (const child of links.entries) {
        if (seen.has(child.digest)) continue;
        seen.add(child.digest);
        if (seen.size > maximumScannedManifests) {
          throw new FormatError(
            'manifest',
            `${this.files.name} lists more than ${maximumScannedManifests} manifests`,
          );
        }
        waiting.push(child);
      }
    }
  }

  /**
   * @throws ConfigError if several images have the tag: `docker save` of two repositories writes such a layout.
   */
  async #findEntry(reference: string): Promise<Descriptor | undefined> {
    const { manifests } = await this.readIndex();
    const byDigest = manifests.find(({ digest }) => digest === reference);
    if (byDigest !== undefined) return byDigest;
    const tagged = manifests.filter((entry) => tagOfEntry(entry) === reference);
    const digests = new Set(tagged.map(({ digest }) => digest));
    if (digests.size > 1) {
      const names = [...digests].map((digest) => `@${digest}`);
      throw new ConfigError([
        `${this.files.name} contains ${digests.size} images with the tag ${escapeText(reference)}. Append a digest to its name instead of the tag: ${names.join(' ')}`,
      ]);
    }
    return tagged[0];
  }

  async #readOwnFile(path: string): Promise<Uint8Array> {
    const bytes = await this.files.read(path, maximumManifestBytes);
    if (bytes === undefined) {
      const isMissing = (await this.files.isMissing?.()) === true;
      throw new MissingStoreError(
        isMissing
          ? `the directory ${this.files.name} is missing`
          : `${this.files.name} is not an OCI image layout: it has no file ${path}`,
      );
    }
    return bytes;
  }

  #readManifest(digest: Digest): Promise<Uint8Array | undefined> {
    return this.files.read(blobPathOf(digest), maximumManifestBytes);
  }

  /**
   * A listed manifest; undefined if it is missing or is not a manifest, because a layout may list other content, and
   * manifests that it does not contain.
   */
  async #readListed({ mediaType, digest, size }: Descriptor): Promise<ManifestLinks | undefined> {
    if (size > maximumManifestBytes) return undefined;
    const bytes = await this.#readManifest(digest);
    if (bytes === undefined || digestOf(bytes) !== digest) return undefined;
    try {
      return readLinks({ mediaType, digest, bytes });
    } catch (error) {
      if (error instanceof FormatError) return undefined;
      throw error;
    }
  }
}
