// The files of an image as a container sees them, merged from its layers' tables of contents: upper layers over lower ones,
// whiteouts applied, links resolved.
import { decodeName, namesOfPath } from '../core/image-path.ts';
import type { EntryCursor, PackedEntries } from '../core/tar/packed-entries.ts';

export interface FileNode {
  readonly kind: 'file';
  /** Position of the layer with its data, bottom first. */
  readonly layer: number;
  readonly uncompressedOffset: number;
  readonly uncompressedSize: bigint;
}

interface DirectoryNode {
  readonly kind: 'directory';
  readonly children: Map<string, Node>;
}

interface LinkNode {
  readonly kind: 'symlink';
  readonly target: string;
}

/** A device, socket or pipe. */
interface OtherNode {
  readonly kind: 'other';
}

type Node = FileNode | DirectoryNode | LinkNode | OtherNode;

export interface FoundFile {
  /** With links resolved. */
  readonly path: string;
  readonly file: FileNode;
}

/** Linux fails after 40. */
const maximumLinks = 40;

const whiteout = '.wh.';
const opaqueWhiteout = '.wh..wh..opq';

export class LayeredFiles {
  readonly #root: DirectoryNode = { kind: 'directory', children: new Map() };
  #layers = 0;

  /** Adds the next layer above. */
  addLayer(contents: PackedEntries): void {
    const layer = this.#layers++;
    // A whiteout applies to the layers below, whatever its position in its own layer.
    for (const cursor of contents.walk()) this.#applyWhiteout(namesOfPath(decodeName(cursor.name)));
    for (const cursor of contents.walk()) this.#add(cursor, layer);
  }

  /** Adds a layer with unknown contents. */
  skipLayer(): void {
    this.#layers++;
  }

  /** The files at a path: one, or all files in a directory; empty if the path does not exist. */
  find(path: string): readonly FoundFile[] {
    const found = this.#resolve(path);
    if (found === undefined) return [];
    if (found.node.kind === 'file') return [{ path: found.path, file: found.node }];
    return found.node.kind === 'directory' ? filesIn(found.node, found.path) : [];
  }

  /** Whether the path exists, even without data. */
  has(path: string): boolean {
    return this.#resolve(path) !== undefined;
  }

  #resolve(path: string): { readonly path: string; readonly node: Node } | undefined {
    const rest = path.split('/').reverse();
    const nodes: { readonly name: string; readonly node: Node }[] = [];
    let links = 0;
    for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
      if (name === '' || name === '.') continue;
      if (name === '..') {
        nodes.pop();
        continue;
      }
      const parent = nodes.at(-1)?.node ?? this.#root;
      const node = parent.kind === 'directory' ? parent.children.get(name) : undefined;
      if (node === undefined) return undefined;
      if (node.kind !== 'symlink') {
        nodes.push({ name, node });
        continue;
      }
      if (++links > maximumLinks) return undefined;
      if (node.target.startsWith('/')) nodes.length = 0;
      rest.push(...node.target.split('/').reverse());
    }
    return { path: `/${nodes.map(({ name }) => name).join('/')}`, node: nodes.at(-1)?.node ?? this.#root };
  }

  #applyWhiteout(names: readonly string[]): void {
    const last = names.at(-1);
    if (last?.startsWith(whiteout) !== true) return;
    const parent = this.#directory(names.slice(0, -1), false);
    if (last === opaqueWhiteout) parent?.children.clear();
    else parent?.children.delete(last.slice(whiteout.length));
  }

  #add(cursor: EntryCursor, layer: number): void {
    const names = namesOfPath(decodeName(cursor.name));
    const last = names.at(-1);
    if (last === undefined || last.startsWith(whiteout)) return;
    const { children } = this.#directory(names.slice(0, -1), true)!;
    if (cursor.type === 'dir') {
      if (children.get(last)?.kind !== 'directory')
        children.set(last, { kind: 'directory', children: new Map() });
      return;
    }
    const node = this.#nodeOf(cursor, layer);
    if (node === undefined) children.delete(last);
    else children.set(last, node);
  }

  /** Undefined for a hard link without a target. */
  #nodeOf(cursor: EntryCursor, layer: number): Node | undefined {
    switch (cursor.type) {
      case 'reg': {
        const { uncompressedOffset, uncompressedSize } = cursor;
        return { kind: 'file', layer, uncompressedOffset, uncompressedSize };
      }
      case 'symlink':
        return { kind: 'symlink', target: decodeName(cursor.linkName) };
      case 'hardlink':
        return this.#resolve(decodeName(cursor.linkName))?.node;
      case 'char':
      case 'block':
      case 'fifo':
      case 'dir':
        return { kind: 'other' };
    }
  }

  /** @param isMade Whether missing directories are created, and other entries replaced. */
  #directory(names: readonly string[], isMade: boolean): DirectoryNode | undefined {
    let directory = this.#root;
    for (const name of names) {
      const known = directory.children.get(name);
      if (known?.kind === 'directory') {
        directory = known;
        continue;
      }
      if (!isMade) return undefined;
      const made: DirectoryNode = { kind: 'directory', children: new Map() };
      directory.children.set(name, made);
      directory = made;
    }
    return directory;
  }
}

/** Not recursive, because names from the image decide the depth. */
function filesIn(directory: DirectoryNode, path: string): readonly FoundFile[] {
  const files: FoundFile[] = [];
  const open = [{ directory, path }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const prefix = next.path === '/' ? '' : next.path;
    for (const [name, node] of next.directory.children) {
      if (node.kind === 'file') files.push({ path: `${prefix}/${name}`, file: node });
      if (node.kind === 'directory') open.push({ directory: node, path: `${prefix}/${name}` });
    }
  }
  return files;
}
