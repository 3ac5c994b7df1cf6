// The tree that the SOCI snapshotter shows when it lazy-loads a layer with its zTOC.
// https://github.com/awslabs/soci-snapshotter/blob/v0.15.0/metadata/reader.go
import type { EntryType } from '../tar/entry.ts';
import type { LayerEntry } from './entry.ts';
import { hasData } from './entry.ts';
import { deviceOf, permissionsOf, xattrsOf } from './entry-facts.ts';
import type { EntryTimes } from './entry-facts.ts';
import { EntryPath } from './entry-path.ts';
import { LayerTree, NodeFlag, NodeKind, TimeOf, noNode } from './layer-tree.ts';
import type { ImageTables } from './unpacked-layer.ts';
import { noXattrs } from './xattr-sets.ts';

const blockBytes = 512;

/** Why reading a file fails with EIO, or returns wrong bytes. */
export const ReadFault = {
  none: 0,
  /** The snapshotter expects its header at the wrong offset. */
  headerPlace: 1,
  typeBits: 2,
  wideId: 3,
  year: 4,
  emptyXattr: 5,
  sparse: 6,
} as const;
export type ReadFault = (typeof ReadFault)[keyof typeof ReadFault];

/** Bits of the mode beyond the permissions that Go interprets as a file type. */
const typeBits = new Set([0o40000n, 0o10000n, 0o120000n, 0o60000n, 0o20000n, 0o140000n]);

const kinds: Readonly<Record<Exclude<EntryType, 'hardlink'>, NodeKind>> = {
  reg: NodeKind.file,
  dir: NodeKind.directory,
  symlink: NodeKind.symlink,
  char: NodeKind.characterDevice,
  block: NodeKind.blockDevice,
  fifo: NodeKind.fifo,
};

/**
 * The snapshotter rejects the zTOC and unpacks the layer itself, so nothing differs, and nothing is lazy-loaded.
 */
export class RefusedZtocError extends Error {
  override readonly name = 'RefusedZtocError';
}

/*
 * State in addition to the tree. Any node can contain names, even a file.
 *   nextHeader       offset at which the snapshotter expects the next header: it treats the size of every entry as data
 *   trueHeader       its true offset
 *   parentNode       the node at the parent path of the latest entry, as long as no name changes to another node
 */
export class ShownLayer {
  readonly tree: LayerTree;
  /** Whether a sparse file with holes was found, after which headers are at other offsets. */
  hasHoles = false;

  readonly #tables: ImageTables;
  readonly #times: EntryTimes;
  readonly #linkPath: EntryPath;
  #nextHeader = 0;
  #trueHeader = 0;
  #parentNode = noNode;

  /** @param times Times of all entries that are applied. */
  constructor(expectedEntries: number, tables: ImageTables, times: EntryTimes) {
    this.tree = new LayerTree(expectedEntries);
    this.#tables = tables;
    this.#times = times;
    this.#linkPath = new EntryPath(tables.names);
    this.tree.time[this.tree.root] = TimeOf.never;
  }

  /**
   * Applies entry `index`; entries come in order.
   *
   * @throws RefusedZtocError if the snapshotter cannot use the zTOC.
   */
  apply(entry: LayerEntry, index: number, path: EntryPath): void {
    const isHeaderFound = this.#readHeaderPlace(entry);
    let node: number;
    if (entry.type === 'hardlink') {
      node = this.#findLinked(entry);
    } else {
      const wasThere = entry.type === 'dir' ? this.#find(path, path.depth) : noNode;
      node = wasThere === noNode ? this.tree.addNode(kinds[entry.type], TimeOf.never) : wasThere;
      this.#writeFields(node, entry, index, wasThere === noNode);
      if (entry.type === 'reg') this.#findFault(node, entry, index, isHeaderFound);
    }
    if (path.depth > 0) this.#name(node, path);
  }

  /** Called after the last entry, to apply whiteouts and opaque markers. */
  finish(): void {
    this.tree.applyWhiteoutNames(this.#tables.names);
  }

  /** @returns Whether the snapshotter expects the entry's header at its true offset. */
  #readHeaderPlace(entry: LayerEntry): boolean {
    const offset = entry.uncompressedOffset;
    if (this.#nextHeader > offset) throw new RefusedZtocError('entries overlap');
    const isFound = this.#nextHeader === this.#trueHeader;
    const size = Number(entry.uncompressedSize);
    const storedBytes = hasData(entry.type) ? Number(entry.inArchive?.storedSize ?? size) : 0;
    this.#nextHeader = roundUp(offset + size);
    this.#trueHeader = roundUp(offset + storedBytes);
    return isFound;
  }

  /** The lookup is lexical: symbolic links are not followed. */
  #findLinked(entry: LayerEntry): number {
    this.#linkPath.set(entry.linkName);
    const node = this.#find(this.#linkPath, this.#linkPath.depth);
    if (node === noNode) throw new RefusedZtocError('the target of a hard link is missing');
    this.tree.flags[node]! |= NodeFlag.linked;
    return node;
  }

  #find(path: EntryPath, depth: number): number {
    let node = this.tree.root;
    for (let at = 0; at < depth && node !== noNode; at++) node = this.tree.child(node, path.parts[at]!);
    return node;
  }

  #name(node: number, path: EntryPath): void {
    const { tree } = this;
    if (!path.hasSameParent || this.#parentNode === noNode) this.#parentNode = this.#makeParent(path);
    const base = path.parts[path.depth - 1]!;
    const old = tree.child(this.#parentNode, base);
    tree.setChild(this.#parentNode, base, node);
    if (old !== noNode && old !== node) this.#parentNode = noNode;
  }

  #makeParent(path: EntryPath): number {
    const { tree } = this;
    let node = tree.root;
    for (let at = 0; at < path.depth - 1; at++) {
      let child = tree.child(node, path.parts[at]!);
      if (child === noNode) {
        child = tree.addNode(NodeKind.directory, TimeOf.never);
        tree.mode[child] = 0o755;
        tree.flags[child] = NodeFlag.implicit;
        tree.setChild(node, path.parts[at]!, child);
      }
      node = child;
    }
    return node;
  }

  /** A zero value does not replace an earlier one, except for kind and mode, which are always replaced. */
  #writeFields(node: number, entry: LayerEntry, index: number, isNew: boolean): void {
    const { tree } = this;
    const wasImplicit = (tree.flags[node]! & NodeFlag.implicit) !== 0;
    tree.flags[node]! &= ~NodeFlag.implicit;
    if (!isNew && !wasImplicit && node !== tree.root) tree.flags[node]! |= NodeFlag.repeated;
    const isWhiteout = entry.type === 'char' && deviceOf(entry) === 0;
    tree.kind[node] = isWhiteout ? NodeKind.whiteout : kinds[entry.type as Exclude<EntryType, 'hardlink'>];
    tree.mode[node] = permissionsOf(entry);
    tree.source[node] = index;
    if (entry.uid !== 0) tree.uid[node] = entry.uid;
    if (entry.gid !== 0) tree.gid[node] = entry.gid;
    if (this.#times.isWritable(index) && !this.#times.isZero(index)) tree.time[node] = index;
    const xattrs = xattrsOf(entry, this.#tables.xattrs);
    if (xattrs !== noXattrs) tree.xattrs[node] = this.#writeXattrs(tree.xattrs[node]!, xattrs);
  }

  /**
   * The snapshotter stores the first attribute separately:
   * https://github.com/awslabs/soci-snapshotter/blob/v0.15.0/metadata/db.go (writeAttr)
   */
  #writeXattrs(old: number, added: number): number {
    const sets = this.#tables.xattrs;
    const oldSet = sets.at(old);
    const { values } = sets.at(added);
    if (values.has('')) throw new RefusedZtocError('an extended attribute has no name');
    const hasEmpty = values.size > 1 && [...values.values()].includes('');
    const mixes =
      values.size === 1 &&
      oldSet.values.size > 1 &&
      [...oldSet.values.keys()].some((key) => !values.has(key));
    const staysRandom = oldSet.isRandom && values.size < 2;
    if (!hasEmpty && !mixes && !staysRandom) return added;
    return sets.mixture(old, added);
  }

  #findFault(node: number, entry: LayerEntry, index: number, isHeaderFound: boolean): void {
    const { tree } = this;
    const { inArchive } = entry;
    const hasHoles = inArchive !== undefined && inArchive.storedSize !== entry.uncompressedSize;
    let fault: ReadFault = ReadFault.none;
    if (entry.uncompressedSize > 0n) {
      if (hasHoles) fault = ReadFault.sparse;
      else if (!isHeaderFound) fault = this.hasHoles ? ReadFault.sparse : ReadFault.headerPlace;
      else if (typeBits.has(entry.mode & ~0o7777n)) fault = ReadFault.typeBits;
      else if (inArchive !== undefined && !(fitsIn32Bits(inArchive.uid) && fitsIn32Bits(inArchive.gid)))
        fault = ReadFault.wideId;
      else if (!this.#times.isWritable(index)) fault = ReadFault.year;
      else if (this.#tables.xattrs.at(tree.xattrs[node]!).isRandom) fault = ReadFault.emptyXattr;
    }
    tree.fault[node] = fault;
    this.hasHoles ||= hasHoles;
  }
}

function roundUp(offset: number): number {
  return Math.ceil(offset / blockBytes) * blockBytes;
}

function fitsIn32Bits(id: bigint): boolean {
  return id >= 0n && id < 0x1_0000_0000n;
}
