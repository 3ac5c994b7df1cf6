// Compares the unpacked tree and the shown tree of one layer node by node, in the order of first appearance.
import type { EntryList } from './entry.ts';
import { deviceOf } from './entry-facts.ts';
import type { EntryTimes } from './entry-facts.ts';
import { Differences } from './difference.ts';
import type { DifferenceClass, DifferenceField, DifferenceKind } from './difference.ts';
import { NodeFlag, NodeKind, TimeOf, noNode } from './layer-tree.ts';
import type { LayerTree } from './layer-tree.ts';
import { ReadFault } from './shown-layer.ts';
import { capabilityKey } from './xattr-sets.ts';
import type { XattrSet } from './xattr-sets.ts';
import type { ImageTables } from './unpacked-layer.ts';

/** Not a valid user or group. The snapshotter shows `overflowId` instead. */
const unmappedId = 0xffff_ffff;
const overflowId = 65534;

const faultKinds: Readonly<Record<number, DifferenceKind>> = {
  [ReadFault.headerPlace]: 'size-without-data',
  [ReadFault.typeBits]: 'mode-type-bits',
  [ReadFault.wideId]: 'id-range',
  [ReadFault.year]: 'mtime-range',
  [ReadFault.emptyXattr]: 'xattr',
  [ReadFault.sparse]: 'sparse',
};

const kindNames: Readonly<Record<NodeKind, string>> = {
  [NodeKind.file]: 'a file',
  [NodeKind.directory]: 'a directory',
  [NodeKind.symlink]: 'a symbolic link',
  [NodeKind.characterDevice]: 'a character device',
  [NodeKind.blockDevice]: 'a block device',
  [NodeKind.fifo]: 'a named pipe',
  [NodeKind.whiteout]: 'a whiteout',
  [NodeKind.ghost]: 'a name that cannot be opened',
  [NodeKind.stateDirectory]: 'the state directory of the snapshotter',
};

export interface ComparedLayer {
  readonly unpacked: LayerTree;
  readonly shown: LayerTree;
  readonly entries: EntryList;
  readonly times: EntryTimes;
  readonly tables: ImageTables;
  /** In the bottom layer, unpacking removes whiteouts, and the snapshotter shows them as names that cannot be opened. */
  readonly isBottom: boolean;
  /** Whether a parent of any entry is a symbolic link in the layer, which is the likely reason for a missing entry. */
  readonly hasEntryThroughSymlink: boolean;
}

export interface LayerComparison {
  readonly differences: Differences;
  /**
   * Only for the bottom layer: directories with a whiteout of a missing name. The whiteout is listed there unless another
   * layer has the directory.
   */
  readonly bottomWhiteouts: readonly BottomWhiteout[];
}

export interface BottomWhiteout {
  /** Parts of the directory's path. */
  readonly directory: readonly number[];
  readonly path: Uint8Array;
}

/** Enough to report that there are some. */
const keptBottomWhiteouts = 1000;

/*
 * State: the directories that both trees have, in the order of discovery. Directory i was found as `parts[i]` in directory
 * `parents[i]`.
 *   pending     directories to enter; ~i means to leave directory i
 *   isOpen      shown directories between the root and the current one: one that is found again contains itself
 */
class TreeComparison {
  readonly differences = new Differences();
  readonly bottomWhiteouts: BottomWhiteout[] = [];

  readonly #layer: ComparedLayer;
  readonly #unpackedNodes: number[] = [];
  readonly #shownNodes: number[] = [];
  readonly #parents: number[] = [];
  readonly #parts: number[] = [];
  readonly #pending: number[] = [];
  readonly #isOpen: Uint8Array;
  readonly #shownOfUnpacked = new Map<number, number>();
  readonly #unpackedOfShown = new Map<number, number>();

  constructor(layer: ComparedLayer) {
    this.#layer = layer;
    this.#isOpen = new Uint8Array(layer.shown.nodeCount);
  }

  run(): void {
    const { unpacked, shown } = this.#layer;
    this.#compareRoot();
    this.#enterLater(unpacked.root, shown.root, -1, -1);
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) {
      if (next < 0) {
        this.#isOpen[this.#shownNodes[~next]!] = 0;
        continue;
      }
      this.#isOpen[this.#shownNodes[next]!] = 1;
      this.#pending.push(~next);
      this.#compareNames(next);
    }
  }

  #enterLater(unpackedNode: number, shownNode: number, parent: number, part: number): void {
    this.#pending.push(this.#parents.length);
    this.#unpackedNodes.push(unpackedNode);
    this.#shownNodes.push(shownNode);
    this.#parents.push(parent);
    this.#parts.push(part);
  }

  /** Compares only the owner of the root. Its other metadata is that of the container's own upper directory. */
  #compareRoot(): void {
    const { shown } = this.#layer;
    const uid = shown.uid[shown.root]!;
    const gid = shown.gid[shown.root]!;
    if (uid !== 0 || gid !== 0) {
      const what = `owner ${shownId(uid)}:${shownId(gid)} instead of 0:0`;
      this.differences.add(
        { field: 'uid', class: 'breaks', kind: 'root-owner' },
        what,
        () => new Uint8Array(0),
      );
    }
  }

  #compareNames(directory: number): void {
    const { unpacked, shown, isBottom } = this.#layer;
    const unpackedDirectory = this.#unpackedNodes[directory]!;
    const shownDirectory = this.#shownNodes[directory]!;
    if (!isBottom) this.#compareOpaque(directory, unpackedDirectory, shownDirectory);
    let name = unpacked.firstName[unpackedDirectory]!;
    for (; name >= 0; name = unpacked.nextName[name]!) {
      const unpackedNode = unpacked.nameNode[name]!;
      if (unpackedNode === noNode) continue;
      const part = unpacked.namePart[name]!;
      const shownNode = shown.child(shownDirectory, part);
      if (shownNode !== noNode) this.#compareNodes(unpackedNode, shownNode, directory, part);
      else this.#add(directory, part, 'missing', this.#kindOfStructure(noNode), 'missing');
    }
    name = shown.firstName[shownDirectory]!;
    for (; name >= 0; name = shown.nextName[name]!) {
      const shownNode = shown.nameNode[name]!;
      if (shownNode === noNode) continue;
      const part = shown.namePart[name]!;
      if (unpacked.child(unpackedDirectory, part) === noNode) this.#addExtra(directory, part, shownNode);
    }
  }

  #compareOpaque(directory: number, unpackedDirectory: number, shownDirectory: number): void {
    const { unpacked, shown } = this.#layer;
    const isUnpackedOpaque = (unpacked.flags[unpackedDirectory]! & NodeFlag.opaque) !== 0;
    const isShownOpaque = (shown.flags[shownDirectory]! & NodeFlag.opaque) !== 0;
    if (isUnpackedOpaque === isShownOpaque) return;
    const what = isShownOpaque
      ? 'contents of lower layers are hidden'
      : 'contents of lower layers are not hidden';
    const parent = this.#parents[directory]!;
    this.#add(parent, this.#parts[directory]!, 'opaque', this.#kindOfStructure(shownDirectory), what);
  }

  #addExtra(directory: number, part: number, shownNode: number): void {
    const { shown, isBottom } = this.#layer;
    const kind = shown.kind[shownNode]! as NodeKind;
    if (kind === NodeKind.whiteout && isBottom) {
      if (directory > 0 && this.bottomWhiteouts.length < keptBottomWhiteouts) {
        this.bottomWhiteouts.push({
          directory: this.#partsOf(directory),
          path: this.#pathOf(directory, part),
        });
      }
      return;
    }
    if (kind === NodeKind.ghost) {
      this.#add(directory, part, 'ghost', 'whiteout', 'listed, but cannot be opened', 'metadata');
      return;
    }
    this.#add(
      directory,
      part,
      'extra',
      this.#kindOfStructure(shownNode),
      `${kindNames[kind]} that is not present after unpacking`,
    );
  }

  #compareNodes(unpackedNode: number, shownNode: number, directory: number, part: number): void {
    const { unpacked, shown } = this.#layer;
    const kind = unpacked.kind[unpackedNode]! as NodeKind;
    const shownKind = shown.kind[shownNode]! as NodeKind;
    const containsItself = shownKind === NodeKind.directory && this.#isOpen[shownNode] === 1;
    if (kind !== shownKind || containsItself) {
      const found = containsItself ? 'a directory that contains itself' : kindNames[shownKind];
      const reason = this.#kindOfStructure(shownNode);
      this.#add(directory, part, 'type', reason, `${found} instead of ${kindNames[kind]}`);
      return;
    }
    if (kind === NodeKind.whiteout || kind === NodeKind.ghost) return;
    this.#compareMetadata(unpackedNode, shownNode, directory, part);
    if (kind === NodeKind.directory) {
      this.#enterLater(unpackedNode, shownNode, directory, part);
      return;
    }
    this.#compareContent(unpackedNode, shownNode, directory, part);
    this.#compareLinks(unpackedNode, shownNode, directory, part);
  }

  #compareMetadata(unpackedNode: number, shownNode: number, directory: number, part: number): void {
    const { unpacked, shown, times } = this.#layer;
    const add = (field: DifferenceField, kind: DifferenceKind, what: string, of?: DifferenceClass): void => {
      this.#add(directory, part, field, kind, what, of);
    };
    const isUnknown = (unpacked.flags[unpackedNode]! & NodeFlag.unknown) !== 0;
    const reason = this.#kindOfMetadata(unpackedNode, shownNode) ?? 'symlink-parent';
    if (!isUnknown && unpacked.kind[unpackedNode] !== NodeKind.symlink) {
      const expected = unpacked.mode[unpackedNode]!;
      const found = shown.mode[shownNode]!;
      if (expected !== found) add('mode', reason, `mode ${octal(found)} instead of ${octal(expected)}`);
    }
    for (const field of ['uid', 'gid'] as const) {
      const expected = unpacked[field][unpackedNode]!;
      const found = shown[field][shownNode]!;
      if (isUnknown || expected === shownId(found)) continue;
      const what = `${field} ${shownId(found)} instead of ${expected}`;
      add(field, found === unmappedId ? 'id-range' : reason, what);
    }
    const time = unpacked.time[unpackedNode]!;
    const shownTime = shown.time[shownNode]!;
    // No program depends on the time of unpacking.
    const isSameTime =
      time === TimeOf.unpacking || (time >= 0 && shownTime >= 0 && times.isSame(time, shownTime));
    if (!isSameTime) add('time', this.#kindOfTime(unpackedNode), 'modification time differs', 'metadata');
    this.#compareXattrs(unpackedNode, shownNode, directory, part);
  }

  #compareXattrs(unpackedNode: number, shownNode: number, directory: number, part: number): void {
    const { unpacked, shown, tables } = this.#layer;
    const flags = unpacked.flags[unpackedNode]!;
    const hasAcl = (flags & NodeFlag.acl) !== 0;
    const isSame = unpacked.xattrs[unpackedNode] === shown.xattrs[shownNode];
    if ((isSame && !hasAcl) || (flags & NodeFlag.unknown) !== 0) return;
    const kind = unpacked.kind[unpackedNode]! as NodeKind;
    const shownSet = tables.xattrs.at(shown.xattrs[shownNode]!);
    const keys = differingKeys(tables.xattrs.at(unpacked.xattrs[unpackedNode]!), shownSet);
    const breaking = keys.find((key) => isBreakingXattr(key, kind));
    const key = breaking ?? keys[0] ?? 'system.posix_acl';
    const what = `extended attribute ${JSON.stringify(key.slice(0, 100))} differs`;
    const kindOfXattr = this.#kindOfMetadata(unpackedNode, shownNode) ?? 'xattr';
    this.#add(directory, part, 'xattr', kindOfXattr, what, breaking === undefined ? 'metadata' : 'breaks');
  }

  #compareContent(unpackedNode: number, shownNode: number, directory: number, part: number): void {
    const { unpacked, shown, entries } = this.#layer;
    const kind = unpacked.kind[unpackedNode]!;
    const fault = shown.fault[shownNode]!;
    if (kind === NodeKind.file && fault !== ReadFault.none) {
      const what = fault === ReadFault.sparse ? 'wrong bytes, or reading fails (EIO)' : 'reading fails (EIO)';
      this.#add(directory, part, 'data', faultKinds[fault]!, what);
      return;
    }
    const source = unpacked.source[unpackedNode]!;
    const shownSource = shown.source[shownNode]!;
    if (source === shownSource) return;
    const reason = this.#layer.hasEntryThroughSymlink ? 'symlink-parent' : 'hardlink-target';
    const expected = entries.at(source);
    const found = entries.at(shownSource);
    if (kind === NodeKind.file) {
      this.#add(directory, part, 'data', reason, 'contains the data of another entry');
    } else if (kind === NodeKind.symlink && Buffer.compare(expected.linkName, found.linkName) !== 0) {
      this.#add(directory, part, 'target', reason, 'link target differs');
    } else if (
      (kind === NodeKind.characterDevice || kind === NodeKind.blockDevice) &&
      deviceOf(expected) !== deviceOf(found)
    ) {
      this.#add(directory, part, 'device', reason, 'device number differs');
    }
  }

  /** Compares hard links: all names of one unpacked inode must be names of one shown node, and vice versa. */
  #compareLinks(unpackedNode: number, shownNode: number, directory: number, part: number): void {
    const { unpacked, shown, hasEntryThroughSymlink } = this.#layer;
    const isLinked = ((unpacked.flags[unpackedNode]! | shown.flags[shownNode]!) & NodeFlag.linked) !== 0;
    if (!isLinked) return;
    const knownShown = this.#shownOfUnpacked.get(unpackedNode) ?? shownNode;
    const knownUnpacked = this.#unpackedOfShown.get(shownNode) ?? unpackedNode;
    this.#shownOfUnpacked.set(unpackedNode, knownShown);
    this.#unpackedOfShown.set(shownNode, knownUnpacked);
    if (knownShown !== shownNode || knownUnpacked !== unpackedNode) {
      const reason = hasEntryThroughSymlink ? 'symlink-parent' : 'hardlink-target';
      this.#add(directory, part, 'links', reason, 'hard links differ');
    }
  }

  /** Undefined if a single entry determines the inode. */
  #kindOfMetadata(unpackedNode: number, shownNode: number): DifferenceKind | undefined {
    const flags = this.#layer.unpacked.flags[unpackedNode]!;
    const shownFlags = this.#layer.shown.flags[shownNode]!;
    if ((flags & (NodeFlag.implicit | NodeFlag.copied)) !== 0) return 'implicit-parent';
    if ((shownFlags & NodeFlag.repeated) !== 0) return 'entry-repeated';
    if (((flags | shownFlags) & NodeFlag.linked) !== 0) return 'hardlink-metadata';
    return undefined;
  }

  #kindOfTime(unpackedNode: number): DifferenceKind {
    const { unpacked, times } = this.#layer;
    const time = unpacked.time[unpackedNode]!;
    if (time === TimeOf.lowerDirectory) return 'implicit-parent';
    const isLinked = (unpacked.flags[unpackedNode]! & NodeFlag.linked) !== 0;
    return isLinked && times.isUnpackable(time) ? 'hardlink-metadata' : 'mtime-range';
  }

  #kindOfStructure(shownNode: number): DifferenceKind {
    const { shown, hasEntryThroughSymlink } = this.#layer;
    const kind = shownNode === noNode ? undefined : shown.kind[shownNode];
    if (kind === NodeKind.stateDirectory) return 'state-directory';
    if (hasEntryThroughSymlink) return 'symlink-parent';
    const isLinked = shownNode !== noNode && (shown.flags[shownNode]! & NodeFlag.linked) !== 0;
    return kind === NodeKind.directory && isLinked ? 'directory-over-linked-file' : 'whiteout';
  }

  #add(
    directory: number,
    part: number,
    field: DifferenceField,
    kind: DifferenceKind,
    what: string,
    of: DifferenceClass = 'breaks',
  ): void {
    this.differences.add({ field, kind, class: of }, what, () => this.#pathOf(directory, part));
  }

  #partsOf(directory: number): readonly number[] {
    const parts: number[] = [];
    for (let at = directory; at > 0; at = this.#parents[at]!) parts.push(this.#parts[at]!);
    return parts.reverse();
  }

  #pathOf(directory: number, part: number): Uint8Array {
    if (part < 0) return new Uint8Array(0);
    const slash = Buffer.from('/');
    const parts = [...(directory < 0 ? [] : this.#partsOf(directory)), part];
    return Buffer.concat(
      parts.flatMap((one, at) => {
        const bytes = this.#layer.tables.names.bytesOf(one);
        return at === 0 ? [bytes] : [slash, bytes];
      }),
    );
  }
}

/** The differences between the unpacked layer and the shown layer. */
export function compareLayer(layer: ComparedLayer): LayerComparison {
  const comparison = new TreeComparison(layer);
  comparison.run();
  return comparison;
}

/** Keys of attributes that differ or are missing on one side; all keys if the attributes change from mount to mount. */
function differingKeys(expected: XattrSet, found: XattrSet): readonly string[] {
  const keys = new Set([...expected.values.keys(), ...found.values.keys()]);
  return [...keys].filter((key) => found.isRandom || expected.values.get(key) !== found.values.get(key));
}

/** Whether programs notice the difference between two sets of attributes. */
export function isBreakingXattrDifference(
  expected: number,
  found: number,
  kind: NodeKind,
  { xattrs }: ImageTables,
): boolean {
  if (expected === found) return false;
  return differingKeys(xattrs.at(expected), xattrs.at(found)).some((key) => isBreakingXattr(key, kind));
}

/** Whether a program notices a difference: in capabilities, in attributes that overlayfs acts on, and in unreadable ones. */
function isBreakingXattr(key: string, kind: NodeKind): boolean {
  if (key === capabilityKey || key.startsWith('trusted.overlay.')) return true;
  return key.startsWith('user.') && kind !== NodeKind.file && kind !== NodeKind.directory;
}

function shownId(id: number): number {
  return id === unmappedId ? overflowId : id;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
