// Writes a tar of an OCI image layout. Blobs are written in parallel, each to a place that can be reserved in advance
// because its size is known. Nothing is stored twice, and no other file is needed.
//
// The tar contains blobs/sha256/<hex>, in the order in which their first bytes arrived, then oci-layout and index.json.
//
// The tar grows under a temporary name in the same directory, and `commit` renames it, so a reader sees the whole archive
// or nothing.
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { ContentMismatchError } from '../core/errors.ts';
import type { Descriptor } from '../core/oci/descriptor.ts';
import { dropUndefined } from '../core/oci/json-fields.ts';
import { encodeIndex, type ImageIndex } from '../core/oci/manifest.ts';
import type { StoredManifest } from './content-store.ts';
import { TarFiles } from './archive-store.ts';
import type { BlobWriter, ImageDestination } from './image-destination.ts';
import { annotationsOfTag, blobPathOf, LayoutReader, layoutVersion } from './layout-reader.ts';
import { readLinks } from './referrer.ts';
import { encodeTarHeader, tarBlockBytes, type TarMember } from './tar-members.ts';
import { assertContent } from './verified-content.ts';
import { temporaryPathOf } from './whole-file.ts';

const endMarker = new Uint8Array(2 * tarBlockBytes);

export class ArchiveWriter extends LayoutReader implements ImageDestination {
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: FileHandle;
  /** The files that are complete. */
  readonly #members: Map<string, TarMember>;
  /** The position of each file, reserved before its first byte. */
  readonly #places = new Map<string, TarMember>();
  readonly #entries: Descriptor[] = [];
  #endOffset = 0;

  private constructor(path: string, temporary: string, file: FileHandle, members: Map<string, TarMember>) {
    super(new TarFiles(path, file, members));
    this.#path = path;
    this.#temporary = temporary;
    this.#file = file;
    this.#members = members;
  }

  /** @param path Path of the finished archive. An existing file is kept until `commit`. */
  static async create(path: string): Promise<ArchiveWriter> {
    const temporary = temporaryPathOf(path);
    return new ArchiveWriter(path, temporary, await open(temporary, 'wx+'), new Map());
  }

  async pushBlob(target: Descriptor, content: Uint8Array): Promise<void> {
    assertContent(target, content);
    await this.#write(blobPathOf(target.digest), content);
  }

  async pushManifest(manifest: StoredManifest, tag?: string): Promise<void> {
    if (tag !== undefined) await this.addImage(manifest, tag);
    else await this.#writeManifest(manifest);
  }

  pushReferrer(manifest: StoredManifest): Promise<void> {
    return this.addImage(manifest);
  }

  async addImage(manifest: StoredManifest, tag?: string): Promise<void> {
    await this.#writeManifest(manifest);
    const name = annotationsOfTag(tag);
    const nameOf = ({ annotations }: Descriptor) => JSON.stringify(annotations);
    const isThis = (entry: Descriptor) =>
      tag === undefined
        ? entry.digest === manifest.digest && entry.annotations === undefined
        : nameOf(entry) === JSON.stringify(name);
    const position = this.#entries.findIndex(isThis);
    // The manifest's own annotations are not copied into the entry, because one of them could be read as a tag.
    const { mediaType, digest, size, artifactType } = readLinks(manifest).referrer;
    const entry = dropUndefined({ mediaType, digest, size, artifactType, annotations: name });
    if (position >= 0) this.#entries.splice(position, 1);
    this.#entries.push(entry);
  }

  async createBlob({ digest, size }: Descriptor): Promise<BlobWriter> {
    const path = blobPathOf(digest);
    const place = await this.#reserve(path, size);
    let writtenBytes = 0;
    return {
      write: async (piece) => {
        if (writtenBytes + piece.length > size) {
          throw new ContentMismatchError(
            digest,
            `more than the ${size} bytes of its descriptor were written`,
          );
        }
        await writeAll(this.#file, piece, place.offset + writtenBytes);
        writtenBytes += piece.length;
      },
      commit: () => {
        if (writtenBytes !== size) {
          const problem = `${writtenBytes} of ${size} bytes were written`;
          return Promise.reject(new ContentMismatchError(digest, problem));
        }
        this.#members.set(path, place);
        return Promise.resolve();
      },
      // Its place stays reserved for the next attempt.
      discard: () => Promise.resolve(),
    };
  }

  /**
   * Renames the archive to its path, replacing an existing file.
   *
   * @throws Error if a blob is incomplete.
   */
  async commit(): Promise<void> {
    const unfinished = [...this.#places.keys()].filter((path) => !this.#members.has(path));
    if (unfinished.length > 0) throw new Error(`${this.#path} is incomplete: ${unfinished.join(', ')}`);
    await this.#write('oci-layout', Buffer.from(JSON.stringify({ imageLayoutVersion: layoutVersion })));
    await this.#write('index.json', encodeIndex({ manifests: this.#entries }).bytes);
    await writeAll(this.#file, endMarker, this.#endOffset);
    await this.#file.close();
    await rename(this.#temporary, this.#path);
  }

  /** Deletes the temporary file. Does nothing after `commit`. */
  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.#temporary, { force: true });
  }

  protected override readIndex(): Promise<ImageIndex> {
    return Promise.resolve({ manifests: this.#entries });
  }

  async #writeManifest(manifest: StoredManifest): Promise<void> {
    assertContent({ digest: manifest.digest, size: manifest.bytes.length }, manifest.bytes);
    await this.#write(blobPathOf(manifest.digest), manifest.bytes);
  }

  async #write(path: string, content: Uint8Array): Promise<void> {
    if (this.#members.has(path)) return;
    const place = await this.#reserve(path, content.length);
    await writeAll(this.#file, content, place.offset);
    this.#members.set(path, place);
  }

  async #reserve(path: string, size: number): Promise<TarMember> {
    const reserved = this.#places.get(path);
    if (reserved?.size === size) return reserved;
    if (reserved !== undefined) {
      throw new ContentMismatchError(
        path,
        `its descriptors have different sizes: ${reserved.size} and ${size} bytes`,
      );
    }
    const headerOffset = this.#endOffset;
    const place = { offset: headerOffset + tarBlockBytes, size };
    this.#endOffset = place.offset + Math.ceil(size / tarBlockBytes) * tarBlockBytes;
    this.#places.set(path, place);
    await writeAll(this.#file, encodeTarHeader(path, size), headerOffset);
    return place;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}
