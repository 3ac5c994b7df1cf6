// The tree of one layer, as unpacked or as shown, in typed arrays, because a layer may have millions of names.
import { hashSeed } from './hash-seed.ts';
import type { NameTable } from './name-table.ts';
import { TooIntricateError } from './work-budget.ts';

const { imul } = Math;

/** The kind of a node. `ghost`: a name that is listed but cannot be opened. */
export const NodeKind = {
  file: 0,
  directory: 1,
  symlink: 2,
  characterDevice: 3,
  blockDevice: 4,
  fifo: 5,
  whiteout: 6,
  ghost: 7,
  stateDirectory: 8,
} as const;
export type NodeKind = (typeof NodeKind)[keyof typeof NodeKind];

/** Bits of `flags`. */
export const NodeFlag = {
  opaque: 1,
  /** A directory without an entry so far. */
  implicit: 2,
  /** Mode, owner and attributes come from a layer that cannot be read. */
  unknown: 4,
  /** A hard link entry was applied. */
  linked: 8,
  /** An entry changed an existing node. */
  repeated: 16,
  /** Mode, owner and attributes are those of a directory in a lower layer. */
  copied: 32,
  /** An ACL was applied. Its content is not modelled. */
  acl: 64,
} as const;

/** Values of `time` that are not the index of an entry. */
export const TimeOf = { unpacking: -1, never: -2, lowerDirectory: -3 } as const;

export const noNode = -1;

/** Maximum number of names or nodes, at about 60 bytes each. A zTOC can contain some ten million entries. */
const maximumNameCount = 12_000_000;

/*
 * State, by node:
 *   kind, flags, mode (12 bits), uid, gid
 *   xattrs       number in the image's XattrSets
 *   time         index of the entry with the time, or one of TimeOf
 *   source       index of the entry with the data, target or device; -1 without an entry
 *   fault        why the data cannot be read (ReadFault); 0 if it can be read
 *   firstName    the first name in the node, of whatever kind the node is; -1 if it contains no name
 * by name:
 *   nameParent   the node that contains the name
 *   namePart     its number in the NameTable
 *   nameNode     the node with the name; -1 after the name was removed
 *   nextName     the next name in the same node; -1 after the last one
 *   slots        hash table from (parent, part) to name + 1: open addressing, size a power of two, at most half full
 * A removed name keeps its number and is reused when it is added again.
 */
export class LayerTree {
  readonly root: number;
  kind: Uint8Array;
  flags: Uint8Array;
  mode: Uint16Array;
  uid: Uint32Array;
  gid: Uint32Array;
  xattrs: Int32Array;
  time: Int32Array;
  source: Int32Array;
  fault: Uint8Array;
  firstName: Int32Array;
  nodeCount = 0;

  nameParent: Int32Array;
  namePart: Int32Array;
  nameNode: Int32Array;
  nextName: Int32Array;
  nameCount = 0;
  #slots: Int32Array;

  /** @param expectedNodes An estimate. */
  constructor(expectedNodes: number) {
    const size = Math.max(16, expectedNodes + 1);
    this.kind = new Uint8Array(size);
    this.flags = new Uint8Array(size);
    this.mode = new Uint16Array(size);
    this.uid = new Uint32Array(size);
    this.gid = new Uint32Array(size);
    this.xattrs = new Int32Array(size);
    this.time = new Int32Array(size);
    this.source = new Int32Array(size);
    this.fault = new Uint8Array(size);
    this.firstName = new Int32Array(size);
    this.nameParent = new Int32Array(size);
    this.namePart = new Int32Array(size);
    this.nameNode = new Int32Array(size);
    this.nextName = new Int32Array(size);
    let slots = 32;
    while (slots < 2 * size) slots *= 2;
    this.#slots = new Int32Array(slots);
    this.root = this.addNode(NodeKind.directory, TimeOf.unpacking);
    this.mode[this.root] = 0o755;
  }

  /** Adds a node without a name, with mode 0, owner 0:0 and no attributes. */
  addNode(kind: NodeKind, time: number): number {
    const node = this.nodeCount++;
    if (node === this.kind.length) this.#growNodes();
    this.kind[node] = kind;
    this.time[node] = time;
    this.source[node] = -1;
    this.firstName[node] = -1;
    return node;
  }

  isDirectory(node: number): boolean {
    return this.kind[node] === NodeKind.directory;
  }

  /** The node with the name `part` in `parent`, which may be of any kind; `noNode` if it does not exist. */
  child(parent: number, part: number): number {
    const name = this.#slots[this.#findSlot(parent, part)]! - 1;
    return name < 0 ? noNode : this.nameNode[name]!;
  }

  /** Gives `node` the name `part` in `parent`; `noNode` removes the name. */
  setChild(parent: number, part: number, node: number): void {
    const slot = this.#findSlot(parent, part);
    const found = this.#slots[slot]! - 1;
    if (found >= 0) {
      this.nameNode[found] = node;
      return;
    }
    if (node === noNode) return;
    const name = this.nameCount++;
    if (name === this.nameParent.length) this.#growNames();
    this.nameParent[name] = parent;
    this.namePart[name] = part;
    this.nameNode[name] = node;
    this.nextName[name] = this.firstName[parent]!;
    this.firstName[parent] = name;
    this.#slots[slot] = name + 1;
    if (2 * this.nameCount > this.#slots.length) this.#growSlots();
  }

  /**
   * Applies special names as the snapshotter shows them: `.wh.` names become opaque directories and whiteouts, and the
   * snapshotter's state directory hides an entry of the same name.
   */
  applyWhiteoutNames(names: NameTable): void {
    const whiteouts: number[] = [];
    for (let name = 0; name < this.nameCount; name++) {
      if (this.nameNode[name] === noNode || !names.hasWhiteoutPrefix(this.namePart[name]!)) continue;
      this.nameNode[name] = noNode;
      if (this.namePart[name] === names.opaqueMarker) this.#addFlag(this.nameParent[name]!, NodeFlag.opaque);
      else whiteouts.push(name);
    }
    for (const name of whiteouts) {
      const part = names.withoutWhiteoutPrefix(this.namePart[name]!);
      const parent = this.nameParent[name]!;
      if (part === undefined || this.child(parent, part) !== noNode) continue;
      const kind = names.hasWhiteoutPrefix(part) ? NodeKind.ghost : NodeKind.whiteout;
      this.setChild(parent, part, this.addNode(kind, TimeOf.never));
    }
    if (this.child(this.root, names.stateDirectory) !== noNode) {
      this.setChild(this.root, names.stateDirectory, this.addNode(NodeKind.stateDirectory, TimeOf.never));
    }
  }

  #addFlag(node: number, flag: number): void {
    this.flags[node] = this.flags[node]! | flag;
  }

  #findSlot(parent: number, part: number): number {
    const mask = this.#slots.length - 1;
    let hash = imul(parent ^ hashSeed, 0x9e3779b1) ^ imul(part, hashSeed);
    hash = imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & mask;
    for (;;) {
      const name = this.#slots[slot]! - 1;
      if (name < 0 || (this.namePart[name] === part && this.nameParent[name] === parent)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #growNodes(): void {
    const size = largerSize(this.kind.length);
    this.kind = grow(this.kind, new Uint8Array(size));
    this.flags = grow(this.flags, new Uint8Array(size));
    this.mode = grow(this.mode, new Uint16Array(size));
    this.uid = grow(this.uid, new Uint32Array(size));
    this.gid = grow(this.gid, new Uint32Array(size));
    this.xattrs = grow(this.xattrs, new Int32Array(size));
    this.time = grow(this.time, new Int32Array(size));
    this.source = grow(this.source, new Int32Array(size));
    this.fault = grow(this.fault, new Uint8Array(size));
    this.firstName = grow(this.firstName, new Int32Array(size));
  }

  #growNames(): void {
    const size = largerSize(this.nameParent.length);
    this.nameParent = grow(this.nameParent, new Int32Array(size));
    this.namePart = grow(this.namePart, new Int32Array(size));
    this.nameNode = grow(this.nameNode, new Int32Array(size));
    this.nextName = grow(this.nextName, new Int32Array(size));
  }

  #growSlots(): void {
    this.#slots = new Int32Array(2 * this.#slots.length);
    for (let name = 0; name < this.nameCount; name++) {
      this.#slots[this.#findSlot(this.nameParent[name]!, this.namePart[name]!)] = name + 1;
    }
  }
}

function largerSize(size: number): number {
  if (size >= maximumNameCount) throw new TooIntricateError(`it has more than ${maximumNameCount} names`);
  return Math.min(maximumNameCount, Math.ceil(1.5 * size));
}

function grow<Numbers extends Uint8Array | Uint16Array | Uint32Array | Int32Array>(
  from: Numbers,
  to: Numbers,
): Numbers {
  to.set(from);
  return to;
}
