// An OCI image layout: a directory that holds images as files.
// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
//
//   oci-layout            {"imageLayoutVersion":"1.0.0"}
//   index.json            the entries; a tag is an entry's annotation org.opencontainers.image.ref.name
//   blobs/sha256/<hex>    every blob and manifest
//
// index.json lists what has a tag, and what was pushed as a referrer, which nothing else in the layout points to and which tools that copy
// or clean a layout would otherwise lose. A manifest that is pushed by digest alone and has no subject, such as one
// platform's manifest of an index, is a file only: as an entry it would be mistaken for an image of its own.
//
// A file is written beside its place and renamed into it, so that a reader sees all of it or nothing. Who changes
// index.json holds index.json.lock, so that two processes do not write over each other's entries. Other tools do not know
// that lock.
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import { digestOf, isDigest, type Descriptor, type Digest } from '../core/oci/descriptor.ts';
import { JsonObject, parseJson } from '../core/oci/json-document.ts';
import { dropUndefined } from '../core/oci/json-fields.ts';
import { encodeIndex, maximumManifestBytes, parseIndex, type ImageIndex } from '../core/oci/manifest.ts';
import { NotFoundError, type ContentProbe, type ContentStore, type StoredManifest } from './content-store.ts';
import { withFileLock } from './file-lock.ts';
import { apparentMediaType, declaredMediaType } from './manifest-media-type.ts';
import { isMissingFile } from './file-error.ts';
import { filterReferrers, readLinks, type ManifestLinks } from './referrer.ts';
import { assertContent, verifyContent } from './verified-content.ts';
import { createFile, isThere, replaceFile } from './whole-file.ts';

const tagAnnotation = 'org.opencontainers.image.ref.name';
const layoutVersion = '1.0.0';

/** Manifests looked at for one list of referrers: far above any layout in use, far below what would take minutes. */
const maxScannedManifests = 10_000;

/** One image of a layout, as a command that names no tag may choose it. */
export interface LayoutImage {
  readonly descriptor: Descriptor;
  readonly tag?: string;
}

export class LayoutStore implements ContentStore, ContentProbe {
  /** The write of index.json that is under way: each one reads what the one before it wrote. */
  #indexWrite: Promise<void> = Promise.resolve();

  /** @param directory Need not exist before the first push. */
  constructor(readonly directory: string) {}

  async *fetchBlob(target: Descriptor, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    signal?.throwIfAborted();
    const file = createReadStream(this.#blobPath(target.digest), {
      highWaterMark: 262_144,
      ...(signal === undefined ? {} : { signal }),
    });
    try {
      yield* verifyContent(target, file as AsyncIterable<Uint8Array>);
    } catch (error) {
      throw isMissingFile(error)
        ? new NotFoundError(`${this.directory} has no blob ${target.digest}`, { cause: error })
        : error;
    } finally {
      file.destroy();
    }
  }

  async fetchManifest(reference: string): Promise<StoredManifest> {
    const entry = await this.#findEntry(reference);
    const digest = entry?.digest ?? reference;
    if (!isDigest(digest)) throw new NotFoundError(`${this.directory} has no tag ${reference}`);
    const bytes = await readSmallFile(this.#blobPath(digest));
    if (bytes === undefined) throw new NotFoundError(`${this.directory} has no manifest ${digest}`);
    const actual = digestOf(bytes);
    if (actual !== digest) {
      throw new ContentMismatchError(
        digest,
        `the file in ${this.directory} has the digest ${actual}`,
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
   * The images that index.json lists, in its order, without referrers: a SOCI index beside an image does not make the
   * image one of two.
   */
  async listImages(): Promise<readonly LayoutImage[]> {
    const images: LayoutImage[] = [];
    for (const descriptor of (await this.#readIndex()).manifests) {
      const links = await this.#readListed(descriptor);
      if (links?.subject !== undefined) continue;
      const tag = descriptor.annotations?.[tagAnnotation];
      images.push(dropUndefined({ descriptor, tag }));
    }
    return images;
  }

  hasBlob(digest: Digest): Promise<boolean> {
    return isThere(this.#blobPath(digest));
  }

  /** Every manifest of a layout can be looked at. */
  hasReferrersApi(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async pushBlob(target: Descriptor, content: Uint8Array): Promise<void> {
    assertContent(target, content);
    await this.#prepare();
    await this.#writeContent(target.digest, content);
  }

  async pushManifest(manifest: StoredManifest, tag?: string): Promise<void> {
    assertContent({ digest: manifest.digest, size: manifest.bytes.length }, manifest.bytes);
    readLinks(manifest);
    await this.#prepare();
    await this.#writeContent(manifest.digest, manifest.bytes);
    if (tag !== undefined) await this.#list(manifest, tag);
  }

  async pushReferrer(manifest: StoredManifest): Promise<void> {
    await this.pushManifest(manifest);
    await this.#list(manifest, undefined);
  }

  /** One write of this process after the other, so that they do not wait for each other's lock. */
  async #list(manifest: StoredManifest, tag: string | undefined): Promise<void> {
    const write = this.#indexWrite.then(() =>
      withFileLock(join(this.directory, 'index.json.lock'), () => this.#addEntry(manifest, tag)),
    );
    this.#indexWrite = write.catch(() => {});
    await write;
  }

  async #addEntry(manifest: StoredManifest, tag: string | undefined): Promise<void> {
    const index = await this.#readIndex();
    const isListed = index.manifests.some(
      (entry) => entry.digest === manifest.digest && entry.annotations?.[tagAnnotation] === tag,
    );
    if (isListed) return;
    // The manifest's own annotations stay out of the entry: one of them could be read as a tag.
    const { mediaType, digest, size, artifactType } = readLinks(manifest).referrer;
    const annotations = tag === undefined ? undefined : { [tagAnnotation]: tag };
    const entry = dropUndefined({ mediaType, digest, size, artifactType, annotations });
    const others = index.manifests.filter(
      (other) => tag === undefined || other.annotations?.[tagAnnotation] !== tag,
    );
    const { bytes } = encodeIndex({ ...index, manifests: [...others, entry] });
    await replaceFile(join(this.directory, 'index.json'), bytes);
  }

  /** Every manifest that can be reached from index.json, each once. */
  async *#walkManifests(): AsyncGenerator<ManifestLinks> {
    const waiting = [...(await this.#readIndex()).manifests];
    const seen = new Set(waiting.map((entry) => entry.digest));
    for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
      const links = await this.#readListed(entry);
      if (links === undefined) continue;
      yield links;
      for (const child of links.entries) {
        if (seen.has(child.digest)) continue;
        seen.add(child.digest);
        if (seen.size > maxScannedManifests) {
          throw new FormatError(
            'manifest',
            `${this.directory} lists more than ${maxScannedManifests} manifests`,
          );
        }
        waiting.push(child);
      }
    }
  }

  async #findEntry(reference: string): Promise<Descriptor | undefined> {
    const { manifests } = await this.#readIndex();
    return manifests.find(
      (entry) => entry.annotations?.[tagAnnotation] === reference || entry.digest === reference,
    );
  }

  async #readIndex(): Promise<ImageIndex> {
    const marker = parseJson(await this.#readOwnFile('oci-layout'));
    const version =
      marker instanceof JsonObject ? new Map(marker.members).get('imageLayoutVersion') : undefined;
    if (version !== layoutVersion) {
      throw new FormatError('manifest', `${this.directory}/oci-layout does not say version ${layoutVersion}`);
    }
    return parseIndex(await this.#readOwnFile('index.json'));
  }

  async #readOwnFile(name: string): Promise<Uint8Array> {
    const bytes = await readSmallFile(join(this.directory, name));
    if (bytes === undefined) {
      throw new NotFoundError(`${this.directory} is no OCI image layout: it has no file ${name}`);
    }
    return bytes;
  }

  /** A listed manifest, or undefined: a layout may list what it does not hold, and content that is no manifest. */
  async #readListed({ mediaType, digest, size }: Descriptor): Promise<ManifestLinks | undefined> {
    if (size > maximumManifestBytes) return undefined;
    const bytes = await readSmallFile(this.#blobPath(digest));
    if (bytes === undefined || digestOf(bytes) !== digest) return undefined;
    try {
      return readLinks({ mediaType, digest, bytes });
    } catch (error) {
      if (error instanceof FormatError) return undefined;
      throw error;
    }
  }

  #blobPath(digest: Digest): string {
    // A digest that comes from JSON by a cast must not become a path out of the layout.
    if (!isDigest(digest))
      throw new FormatError('manifest', 'a digest is not sha256 and 64 hexadecimal digits');
    return join(this.directory, 'blobs', 'sha256', digest.slice('sha256:'.length));
  }

  async #prepare(): Promise<void> {
    await mkdir(join(this.directory, 'blobs', 'sha256'), { recursive: true });
    await createFile(
      join(this.directory, 'oci-layout'),
      JSON.stringify({ imageLayoutVersion: layoutVersion }),
    );
    await createFile(join(this.directory, 'index.json'), encodeIndex({ manifests: [] }).bytes);
  }

  async #writeContent(digest: Digest, content: Uint8Array): Promise<void> {
    const path = this.#blobPath(digest);
    const existing = await readFile(path).catch((error: unknown) => {
      if (isMissingFile(error)) return undefined;
      throw error;
    });
    if (existing?.equals(content) === true) return;
    await replaceFile(path, content);
  }
}

/** A file of at most `maximumManifestBytes`, or undefined where there is none. */
async function readSmallFile(path: string): Promise<Uint8Array | undefined> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > maximumManifestBytes) {
        throw new FormatError('manifest', `${path} has ${size} bytes, more than ${maximumManifestBytes}`);
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw error;
  }
}
