// The tree that results when containerd unpacks a layer into its own directory.
// https://github.com/containerd/containerd/blob/v2.2.6/pkg/archive/tar.go
import type { EntryType } from '../tar/entry.ts';
import type { EntryList, LayerEntry } from './entry.ts';
import { deviceOf, permissionsOf, xattrsOf } from './entry-facts.ts';
import { EntryPath, parentPart, splitPath } from './entry-path.ts';
import { LayerTree, NodeFlag, NodeKind, TimeOf, noNode } from './layer-tree.ts';
import type { NameTable } from './name-table.ts';
import { PathResolver, UnpackError } from './path-resolver.ts';
import type { WorkBudget } from './work-budget.ts';
import { capabilityKey, noXattrs } from './xattr-sets.ts';
import type { XattrSets } from './xattr-sets.ts';

const setgidBit = 0o2000;
const unchangedId = 0xffff_ffff;
const maximumNameBytes = 255;
const maximumTargetBytes = 4095;
const slash = 0x2f;

const kinds: Readonly<Record<Exclude<EntryType, 'hardlink'>, NodeKind>> = {
  reg: NodeKind.file,
  dir: NodeKind.directory,
  symlink: NodeKind.symlink,
  char: NodeKind.characterDevice,
  block: NodeKind.blockDevice,
  fifo: NodeKind.fifo,
};

/** A layer below, with its tree and entries if they are known. */
export type LowerLayer = LowerTree | { readonly kind: 'unknown' };

export interface LowerTree {
  readonly kind: 'tree';
  readonly tree: LayerTree;
  readonly entries: EntryList;
}

interface LowerCursor {
  readonly resolver: PathResolver;
  /** Number of resolved parts of the current path. */
  consumed: number;
}

/** State shared by all layers of an image. */
export interface ImageTables {
  readonly names: NameTable;
  readonly xattrs: XattrSets;
}

/** The layers below, nearest first. Needed only when a directory without an entry is created. */
export interface LowerLayers {
  readonly count: number;
  at(place: number): LowerLayer;
}

export interface UnpackingRules {
  readonly lowers: LowerLayers;
  /** In the bottom layer, containerd deletes the name that a whiteout hides; in any other, it creates the whiteout. */
  readonly removesWhiteouts: boolean;
}

/*
 * State in addition to the tree:
 *   parentNode      the node at the parent path of the latest entry, as long as no name is removed
 *   directories     index and node of each directory entry; looked up by name at the end only if names were removed
 *   entryPaths      only in the bottom layer: a tree of the paths of all entries so far, including those that were removed since
 *   cursors         for each layer below, the progress of the lookup of the parents that are being created
 */
export class UnpackedLayer {
  readonly tree: LayerTree;
  /** Parts of the path of the first directory without an entry whose metadata is determined by an unknown layer. */
  unknownDirectory: readonly number[] | undefined;
  /**
   * Positions in `lowers` of layers that would determine metadata, but are unread or depend on an unread layer.
   */
  readonly unknownLowers = new Set<number>();
  /** Whether a parent of any entry is a symbolic link in this layer. */
  hasEntryThroughSymlink = false;

  readonly #entries: EntryList;
  readonly #tables: ImageTables;
  readonly #rules: UnpackingRules;
  readonly #budget: WorkBudget;
  /** Resolves the parent path of the latest entry; kept for further entries in the same directory. */
  readonly #resolver: PathResolver;
  readonly #linkResolver: PathResolver;
  readonly #cursors: LowerCursor[] = [];
  readonly #entryPaths: LayerTree | undefined;
  readonly #keptXattrs = new Map<number, KeptXattrs>();

  #parentNode = noNode;
  #wereNamesRemoved = false;
  #directories: Int32Array = new Int32Array(256);
  #directoryCount = 0;

  constructor(entries: EntryList, tables: ImageTables, rules: UnpackingRules, budget: WorkBudget) {
    this.#entries = entries;
    this.#tables = tables;
    this.#rules = rules;
    this.#budget = budget;
    this.tree = new LayerTree(entries.length);
    this.#resolver = new PathResolver(this.tree, entries, tables.names, budget);
    this.#linkResolver = new PathResolver(this.tree, entries, tables.names, budget);
    this.#entryPaths =
      rules.removesWhiteouts && hasOpaqueMarker(entries) ? new LayerTree(entries.length) : undefined;
  }

  /**
   * Applies entry `index`; entries come in order.
   *
   * @throws UnpackError if containerd cannot unpack the layer.
   */
  apply(entry: LayerEntry, index: number, path: EntryPath): void {
    const { names } = this.#tables;
    if (path.depth === 0) return;
    const base = path.parts[path.depth - 1]!;
    const parent = this.#prepareParent(path);
    if (base === names.opaqueMarker) {
      this.#applyOpaqueMarker(parent);
      return;
    }
    if (names.hasWhiteoutPrefix(base)) {
      this.#applyWhiteout(parent, base);
      return;
    }
    if (names.lengthOf(base) > maximumNameBytes) throw new UnpackError('a name has more than 255 bytes');
    const node = this.#makeNode(entry, index, parent, base);
    this.#applyMetadata(entry, index, node);
    if (entry.type === 'dir') this.#addDirectory(index, node);
    this.#keepEntryPath(base);
  }

  /**
   * Called after the last entry, to set the times of directories.
   *
   * @throws UnpackError if a directory entry's name no longer exists.
   */
  finish(): void {
    const path = new EntryPath(this.#tables.names);
    for (let at = 0; at < this.#directoryCount; at++) {
      const index = this.#directories[2 * at]!;
      let node = this.#directories[2 * at + 1]!;
      if (this.#wereNamesRemoved) {
        path.set(this.#entries.at(index).name);
        this.#resolver.reset();
        for (let part = 0; part < path.depth; part++) this.#resolver.advance(path.parts[part]!);
        node = this.#resolver.node;
        if (node === noNode) throw new UnpackError('a directory no longer exists at the end of the layer');
      }
      this.tree.time[node] = index;
    }
  }

  /** The parent directory of an entry. Missing directories are created. */
  #prepareParent(path: EntryPath): number {
    if (path.hasSameParent && this.#parentNode !== noNode) return this.#parentNode;
    const resolver = this.#resolver;
    resolver.reset();
    for (let at = 0; at < path.depth - 1; at++) resolver.advance(path.parts[at]!);
    this.hasEntryThroughSymlink ||= resolver.linkCount > 0;
    this.#parentNode = this.#makeDirectories(resolver);
    return this.#parentNode;
  }

  #makeDirectories(resolver: PathResolver): number {
    const { tree } = this;
    let parent = tree.root;
    let firstMade = true;
    for (let at = 0; at < resolver.depth; at++) {
      let node = resolver.nodes[at]!;
      if (node === noNode) {
        if (firstMade) this.#resetCursors();
        firstMade = false;
        node = this.#makeDirectory(parent, at);
      } else if (!tree.isDirectory(node)) {
        throw new UnpackError('a parent is not a directory');
      }
      parent = node;
    }
    return parent;
  }

  /** Creates the directory at `parts[0, at]` of the resolved path, which has no entry yet. */
  #makeDirectory(parent: number, at: number): number {
    const { tree } = this;
    const part = this.#resolver.parts[at]!;
    if (this.#tables.names.lengthOf(part) > maximumNameBytes) {
      throw new UnpackError('a name has more than 255 bytes');
    }
    const node = tree.addNode(NodeKind.directory, TimeOf.unpacking);
    tree.mode[node] = 0o755;
    tree.flags[node] = NodeFlag.implicit;
    if ((tree.mode[parent]! & setgidBit) !== 0) {
      tree.gid[node] = tree.gid[parent]!;
    }
    this.#setChild(parent, part, node);
    this.#copyFromLower(node, at);
    this.#resolver.nodes[at] = node;
    return node;
  }

  #resetCursors(): void {
    for (const cursor of this.#cursors) {
      cursor.resolver.reset();
      cursor.consumed = 0;
    }
  }

  /** Copies mode, owner and attributes of the directory at the path in the nearest lower layer that has it. */
  #copyFromLower(node: number, at: number): void {
    const { tree } = this;
    const { lowers } = this.#rules;
    for (let place = 0; place < lowers.count; place++) {
      const lower = lowers.at(place);
      if (lower.kind !== 'tree') {
        this.#setUnknown(node, at, place);
        return;
      }
      const found = this.#followInLower(place, lower, at);
      if (found === noNode) continue;
      if (!lower.tree.isDirectory(found)) return;
      tree.mode[node] = lower.tree.mode[found]!;
      tree.uid[node] = lower.tree.uid[found]!;
      tree.gid[node] = lower.tree.gid[found]!;
      tree.xattrs[node] = this.#tables.xattrs.withoutTrusted(lower.tree.xattrs[found]!);
      // If the lower directory has the time of unpacking, so does this one.
      if (lower.tree.time[found] !== TimeOf.unpacking) tree.time[node] = TimeOf.lowerDirectory;
      tree.flags[node]! |= NodeFlag.copied;
      if ((lower.tree.flags[found]! & NodeFlag.unknown) !== 0) this.#setUnknown(node, at, place);
      return;
    }
  }

  #setUnknown(node: number, at: number, place: number): void {
    this.tree.flags[node]! |= NodeFlag.unknown;
    this.unknownLowers.add(place);
    this.unknownDirectory ??= this.#resolver.parts.slice(0, at + 1);
  }

  #followInLower(place: number, lower: LowerTree, at: number): number {
    let cursor = this.#cursors[place];
    if (cursor === undefined) {
      const resolver = new PathResolver(lower.tree, lower.entries, this.#tables.names, this.#budget);
      cursor = { resolver, consumed: 0 };
      this.#cursors[place] = cursor;
    }
    this.#budget.spend(at + 1 - cursor.consumed);
    while (cursor.consumed <= at) cursor.resolver.advance(this.#resolver.parts[cursor.consumed++]!);
    return cursor.resolver.node;
  }

  #applyOpaqueMarker(parent: number): void {
    if (!this.#rules.removesWhiteouts) {
      this.tree.flags[parent]! |= NodeFlag.opaque;
    } else if (this.#entryPaths !== undefined) {
      this.#removeWithoutEntry(parent, this.#entryPaths);
    }
  }

  /**
   * Deletes all names that had no entry so far from a directory, and from those of its subdirectories that had an entry.
   */
  #removeWithoutEntry(directory: number, entryPaths: LayerTree): void {
    const { tree } = this;
    const pending = [directory, this.#findEntryPath(entryPaths, this.#resolver.depth, false)];
    while (pending.length > 0) {
      const named = pending.pop()!;
      const node = pending.pop()!;
      for (let name = tree.firstName[node]!; name >= 0; name = tree.nextName[name]!) {
        this.#budget.spend(1);
        const child = tree.nameNode[name]!;
        if (child === noNode) continue;
        const namedChild = named === noNode ? noNode : entryPaths.child(named, tree.namePart[name]!);
        if (namedChild === noNode || (entryPaths.flags[namedChild]! & NodeFlag.repeated) === 0) {
          this.#setChild(node, tree.namePart[name]!, noNode);
        } else if (tree.isDirectory(child)) {
          pending.push(child, namedChild);
        }
      }
    }
  }

  #keepEntryPath(base: number): void {
    const paths = this.#entryPaths;
    if (paths === undefined) return;
    const parent = this.#findEntryPath(paths, this.#resolver.depth, true);
    let node = paths.child(parent, base);
    if (node === noNode) {
      node = paths.addNode(NodeKind.directory, TimeOf.never);
      paths.setChild(parent, base, node);
    }
    paths.flags[node]! |= NodeFlag.repeated;
  }

  /** The node of the latest resolved parent path among the paths of entries. */
  #findEntryPath(paths: LayerTree, depth: number, makesMissing: boolean): number {
    let node = paths.root;
    for (let at = 0; at < depth && node !== noNode; at++) {
      const part = this.#resolver.parts[at]!;
      let child = paths.child(node, part);
      if (child === noNode && makesMissing) {
        child = paths.addNode(NodeKind.directory, TimeOf.never);
        paths.setChild(node, part, child);
      }
      node = child;
    }
    return node;
  }

  #applyWhiteout(parent: number, base: number): void {
    const { tree } = this;
    const hidden = this.#tables.names.withoutWhiteoutPrefix(base);
    if (hidden === undefined) throw new UnpackError('a whiteout without a name');
    if (this.#rules.removesWhiteouts) {
      if (tree.child(parent, hidden) !== noNode) this.#setChild(parent, hidden, noNode);
      return;
    }
    if (tree.child(parent, hidden) !== noNode)
      throw new UnpackError('a whiteout hides an entry of the same layer');
    this.#setChild(parent, hidden, tree.addNode(NodeKind.whiteout, TimeOf.unpacking));
  }

  /**
   * Gives `node` a name in `parent`, or removes the name. This changes the directory and may invalidate resolved paths.
   */
  #setChild(parent: number, part: number, node: number): void {
    if (node === noNode) {
      this.#parentNode = noNode;
      this.#wereNamesRemoved = true;
    }
    this.tree.setChild(parent, part, node);
    this.tree.time[parent] = TimeOf.unpacking;
  }

  #makeNode(entry: LayerEntry, index: number, parent: number, base: number): number {
    const { tree } = this;
    const old = tree.child(parent, base);
    if (old !== noNode) {
      if (entry.type === 'dir' && tree.isDirectory(old)) {
        const wasImplicit = (tree.flags[old]! & NodeFlag.implicit) !== 0;
        tree.flags[old] = (tree.flags[old]! & ~NodeFlag.implicit) | (wasImplicit ? 0 : NodeFlag.repeated);
        tree.source[old] = index;
        return old;
      }
      this.#setChild(parent, base, noNode);
    }
    const node = entry.type === 'hardlink' ? this.#findLinked(entry) : this.#makeInode(entry, index, parent);
    this.#setChild(parent, base, node);
    return node;
  }

  #makeInode(entry: LayerEntry, index: number, parent: number): number {
    const { tree } = this;
    if (entry.type === 'symlink') {
      const length = entry.linkName.length;
      if (length === 0 || length > maximumTargetBytes) {
        throw new UnpackError(`the target of a symbolic link has ${length} bytes`);
      }
    }
    const type = entry.type as Exclude<EntryType, 'hardlink'>;
    const isWhiteout = type === 'char' && deviceOf(entry) === 0;
    const node = tree.addNode(isWhiteout ? NodeKind.whiteout : kinds[type], index);
    tree.source[node] = index;
    tree.mode[node] = type === 'symlink' ? 0o777 : 0;
    if ((tree.mode[parent]! & setgidBit) !== 0) tree.gid[node] = tree.gid[parent]!;
    return node;
  }

  /** The inode of a hard link's target. Links in its parents are followed, but not in its last part. */
  #findLinked(entry: LayerEntry): number {
    const { tree } = this;
    const link = entry.linkName;
    const baseStart = link.lastIndexOf(slash) + 1;
    const resolver = this.#linkResolver;
    resolver.reset();
    const parents = splitPath(link.subarray(0, baseStart), this.#tables.names);
    for (const part of parents) resolver.advance(part);
    let node = resolver.node;
    const base = splitPath(link.subarray(baseStart), this.#tables.names)[0];
    if (base === parentPart) node = tree.root;
    else if (base !== undefined) {
      node = node !== noNode && tree.isDirectory(node) ? tree.child(node, base) : noNode;
    }
    if (node === noNode) throw new UnpackError('the target of a hard link is missing');
    if (tree.isDirectory(node)) throw new UnpackError('the target of a hard link is a directory');
    tree.flags[node]! |= NodeFlag.linked;
    return node;
  }

  #applyMetadata(entry: LayerEntry, index: number, node: number): void {
    const { tree } = this;
    const { xattrs } = this.#tables;
    const kind = tree.kind[node]!;
    if (kind !== NodeKind.directory) tree.xattrs[node] = xattrs.withoutCapability(tree.xattrs[node]!);
    if (entry.uid !== unchangedId) tree.uid[node] = entry.uid;
    if (entry.gid !== unchangedId) tree.gid[node] = entry.gid;
    const added = xattrsOf(entry, xattrs);
    if (added !== noXattrs) this.#applyXattrs(node, added);
    if (kind !== NodeKind.symlink) tree.mode[node] = permissionsOf(entry);
    tree.time[node] = index;
  }

  #applyXattrs(node: number, added: number): void {
    const { tree } = this;
    const kind = tree.kind[node]!;
    const hasUserXattrs = kind === NodeKind.file || kind === NodeKind.directory;
    const key = 2 * added + (hasUserXattrs ? 1 : 0);
    let kept = this.#keptXattrs.get(key);
    if (kept === undefined) {
      kept = selectXattrs(added, hasUserXattrs, this.#tables.xattrs);
      this.#keptXattrs.set(key, kept);
    }
    tree.xattrs[node] = this.#tables.xattrs.union(tree.xattrs[node]!, kept.set);
    if (kept.hasAcl) tree.flags[node]! |= NodeFlag.acl;
  }

  #addDirectory(index: number, node: number): void {
    if (2 * this.#directoryCount === this.#directories.length) {
      const larger = new Int32Array(4 * this.#directoryCount);
      larger.set(this.#directories);
      this.#directories = larger;
    }
    this.#directories[2 * this.#directoryCount] = index;
    this.#directories[2 * this.#directoryCount + 1] = node;
    this.#directoryCount++;
  }
}

interface KeptXattrs {
  readonly set: number;
  readonly hasAcl: boolean;
}

/**
 * Selects the attributes of an entry that are set on an inode.
 *
 * @throws UnpackError if the kernel refuses one for a reason that containerd does not ignore.
 */
function selectXattrs(added: number, hasUserXattrs: boolean, sets: XattrSets): KeptXattrs {
  const kept = new Set<string>();
  let hasAcl = false;
  for (const [key, value] of sets.at(added).values) {
    if (key === '' || key.length > maximumNameBytes) {
      throw new UnpackError(`the name of an extended attribute has ${key.length} bytes`);
    }
    if (key.startsWith('trusted.')) continue;
    if ((key === 'user.' || key === 'security.') && hasUserXattrs) {
      throw new UnpackError(`an extended attribute is named just "${key}"`);
    }
    if (key.startsWith('user.') && key !== 'user.' && !hasUserXattrs) continue;
    if (key === capabilityKey && !isCapability(value)) throw new UnpackError('a capability is malformed');
    if (key.startsWith('user.') || key.startsWith('security.')) kept.add(key);
    else if (key.startsWith('system.posix_acl_')) hasAcl = true;
  }
  return { set: sets.select(added, (key) => kept.has(key)), hasAcl };
}

/**
 * The revision depends on the size; flag bit 0 is ignored:
 * https://github.com/torvalds/linux/blob/v6.18/include/uapi/linux/capability.h
 */
function isCapability(value: string): boolean {
  const revision = { 12: 1, 20: 2, 24: 3 }[value.length];
  return (
    revision !== undefined &&
    value.charCodeAt(3) === revision &&
    value.charCodeAt(2) === 0 &&
    value.charCodeAt(1) === 0 &&
    (value.charCodeAt(0) & ~1) === 0
  );
}

function hasOpaqueMarker(entries: EntryList): boolean {
  for (let index = 0; index < entries.length; index++) {
    const { name } = entries.at(index);
    if (Buffer.from(name.buffer, name.byteOffset, name.length).includes('.wh..wh..opq')) return true;
  }
  return false;
}
