// An OCI image layout: a directory that contains images as files (layout-reader.ts).
//
// index.json lists tagged manifests and referrers. Nothing else points to a referrer, so tools that copy or clean a layout
// would otherwise lose it. A manifest that is pushed by digest only, such as that of one platform, is just a file, because
// an entry would make it a separate image.
//
// Files are written under temporary names and renamed, so that a reader sees a whole file or nothing. A process that
// changes index.json holds index.json.lock, so that two processes do not overwrite each other's entries. Other tools do not
// use this lock.
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';
import { dropUndefined } from '../core/oci/json-fields.ts';
import { encodeIndex } from '../core/oci/manifest.ts';
import type { StoredManifest } from './content-store.ts';
import { isMissingFile } from './file-error.ts';
import { withFileLock } from './file-lock.ts';
import type { BlobWriter, ImageDestination } from './image-destination.ts';
import {
  annotationsOfTag,
  blobPathOf,
  type LayoutFiles,
  LayoutReader,
  layoutVersion,
  tagOfEntry,
} from './layout-reader.ts';
import { readLinks } from './referrer.ts';
import { assertContent } from './verified-content.ts';
import { createFile, isThere, replaceFile, temporaryPathOf } from './whole-file.ts';

export class LayoutStore extends LayoutReader implements ImageDestination {
  /** The current write of index.json. Each write reads the result of the previous one. */
  #indexWrite: Promise<void> = Promise.resolve();

  /** @param directory Need not exist before the first push. */
  constructor(readonly directory: string) {
    super(new DirectoryFiles(directory));
  }

  async pushBlob(target: Descriptor, content: Uint8Array): Promise<void> {
    assertContent(target, content);
    await this.#prepare();
    await this.#writeContent(target.digest, content);
  }

  async pushManifest(manifest: StoredManifest, tag?: string): Promise<void> {
    await this.#writeManifest(manifest);
    if (tag !== undefined) await this.#list(manifest, tag);
  }

  async pushReferrer(manifest: StoredManifest): Promise<void> {
    await this.#writeManifest(manifest);
    await this.#list(manifest, undefined);
  }

  async addImage(manifest: StoredManifest, tag?: string): Promise<void> {
    await this.#writeManifest(manifest);
    await this.#list(manifest, tag);
  }

  async createBlob(target: Descriptor): Promise<BlobWriter> {
    await this.#prepare();
    const path = this.#blobPath(target.digest);
    const temporary = temporaryPathOf(path);
    const file = await open(temporary, 'wx');
    let writtenBytes = 0;
    return {
      write: async (piece) => {
        await file.writeFile(piece);
        writtenBytes += piece.length;
      },
      commit: async () => {
        await file.close();
        if (writtenBytes !== target.size) {
          throw new ContentMismatchError(
            target.digest,
            `${writtenBytes} of ${target.size} bytes were written`,
          );
        }
        await rename(temporary, path);
      },
      discard: async () => {
        // Closing it again does nothing.
        await file.close();
        await rm(temporary, { force: true });
      },
    };
  }

  async #writeManifest(manifest: StoredManifest): Promise<void> {
    assertContent({ digest: manifest.digest, size: manifest.bytes.length }, manifest.bytes);
    readLinks(manifest);
    await this.#prepare();
    await this.#writeContent(manifest.digest, manifest.bytes);
  }

  /** Writes of this process are serialized, so that they do not wait for each other's lock. */
  async #list(manifest: StoredManifest, tag: string | undefined): Promise<void> {
    const write = this.#indexWrite.then(() =>
      withFileLock(join(this.directory, 'index.json.lock'), () => this.#addEntry(manifest, tag)),
    );
    this.#indexWrite = write.catch(() => {});
    await write;
  }

  async #addEntry(manifest: StoredManifest, tag: string | undefined): Promise<void> {
    const index = await this.readIndex();
    const isListed = index.manifests.some(
      (entry) => entry.digest === manifest.digest && tagOfEntry(entry) === tag,
    );
    if (isListed) return;
    // The manifest's own annotations are not copied into the entry, because one of them could be read as a tag.
    const { mediaType, digest, size, artifactType } = readLinks(manifest).referrer;
    const entry = dropUndefined({
      mediaType,
      digest,
      size,
      artifactType,
      annotations: annotationsOfTag(tag),
    });
    const others = index.manifests.filter((other) => tag === undefined || tagOfEntry(other) !== tag);
    const { bytes } = encodeIndex({ ...index, manifests: [...others, entry] });
    await replaceFile(join(this.directory, 'index.json'), bytes);
  }

  #blobPath(digest: Digest): string {
    return join(this.directory, blobPathOf(digest));
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

class DirectoryFiles implements LayoutFiles {
  constructor(readonly name: string) {}

  async isMissing(): Promise<boolean> {
    return !(await isThere(this.name));
  }

  has(path: string): Promise<boolean> {
    return isThere(join(this.name, path));
  }

  async read(path: string, maximumBytes: number): Promise<Uint8Array | undefined> {
    try {
      const file = await open(join(this.name, path));
      try {
        const { size } = await file.stat();
        if (size > maximumBytes) {
          throw new FormatError(
            'manifest',
            `${join(this.name, path)} has ${size} bytes, more than the maximum of ${maximumBytes}`,
          );
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

  async stream(path: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined> {
    const whole = join(this.name, path);
    if (!(await isThere(whole))) return undefined;
    return createReadStream(whole, { highWaterMark: 262_144, ...(signal === undefined ? {} : { signal }) });
  }
}
