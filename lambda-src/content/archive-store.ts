// A tar of an OCI image layout, as written by `docker buildx build --output type=oci`, skopeo, Podman and `docker save`. It
// is read in place by seeking, and never changed.
import { type FileHandle, open } from 'node:fs/promises';
import { FormatError } from '../core/errors.ts';
import { MissingStoreError } from './content-store.ts';
import { isMissingFile } from './file-error.ts';
import { type LayoutFiles, LayoutReader } from './layout-reader.ts';
import { readTarMembers, type TarMember } from './tar-members.ts';

const pieceBytes = 262_144;

/** `docker save` writes this file for `docker load` before Docker 25, even if the archive also contains a layout. */
const dockerManifestPath = 'manifest.json';

export class ArchiveStore extends LayoutReader {
  readonly #file: FileHandle;

  private constructor(
    file: FileHandle,
    files: LayoutFiles,
    /** Whether `docker save` wrote the archive. If so, `docker push` may push different layers for the same image. */
    readonly isDockerSave: boolean,
  ) {
    super(files);
    this.#file = file;
  }

  /**
   * @throws NotFoundError if the file does not exist; FormatError if it is not a tar of an OCI image layout, is damaged, or
   *   contains links or paths that point outside it.
   */
  static async open(path: string): Promise<ArchiveStore> {
    const file = await openFile(path);
    try {
      if (!(await file.stat()).isFile()) throw new FormatError('archive', `${path} is not a file`);
      const members = await readTarMembers(file).catch((error: unknown) => {
        throw error instanceof FormatError
          ? new FormatError(error.format, `${path}: ${error.problem}`, error.offset)
          : error;
      });
      const isDockerSave = members.has(dockerManifestPath);
      if (isDockerSave && !members.has('oci-layout')) throw oldDockerSave(path);
      return new ArchiveStore(file, new TarFiles(path, file, members), isDockerSave);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** The files in a tar, which may still be growing. */
export class TarFiles implements LayoutFiles {
  readonly #file: FileHandle;
  readonly #members: ReadonlyMap<string, TarMember>;

  constructor(
    readonly name: string,
    file: FileHandle,
    members: ReadonlyMap<string, TarMember>,
  ) {
    this.#file = file;
    this.#members = members;
  }

  has(path: string): Promise<boolean> {
    return Promise.resolve(this.#members.has(path));
  }

  async read(path: string, maximumBytes: number): Promise<Uint8Array | undefined> {
    const member = this.#members.get(path);
    if (member === undefined) return undefined;
    if (member.size > maximumBytes) {
      throw new FormatError(
        'archive',
        `${this.name}: ${path} has ${member.size} bytes, more than the maximum of ${maximumBytes}`,
      );
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of this.#read(member)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  stream(path: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined> {
    const member = this.#members.get(path);
    return Promise.resolve(member && this.#read(member, signal));
  }

  async *#read({ offset, size }: TarMember, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let done = 0; done < size;) {
      signal?.throwIfAborted();
      // A new buffer for each piece, because the consumer may keep it.
      const buffer = Buffer.allocUnsafeSlow(Math.min(pieceBytes, size - done));
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, offset + done);
      if (bytesRead === 0) return;
      done += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (error) {
    throw isMissingFile(error)
      ? new MissingStoreError(`the file ${path} is missing`, { cause: error })
      : error;
  }
}

function oldDockerSave(path: string): FormatError {
  return new FormatError(
    'archive',
    `${path} was saved by Docker before version 25, or by a tool that writes the same format. The archive does not contain the layers as a registry will have them. ` +
      `Save it with Docker 25 or later, or convert it: skopeo copy docker-archive:${path} oci-archive:NEW`,
  );
}
