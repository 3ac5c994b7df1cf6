// Compares the unpacked image with the lazy-loaded image. In both, the layers are merged as by overlayfs. Only differences
// that can break a program count.
import { deviceOf } from './entry-facts.ts';
import type { EntryList } from './entry.ts';
import { Differences } from './difference.ts';
import type { DifferenceField, DifferenceKind } from './difference.ts';
import { NodeFlag, NodeKind, noNode } from './layer-tree.ts';
import type { LayerTree } from './layer-tree.ts';
import { isBreakingXattrDifference } from './layer-comparison.ts';
import type { ImageTables } from './unpacked-layer.ts';

/** A layer of the image in both forms, with the same entries. */
export interface ImageLayer {
  readonly unpacked: LayerTree;
  readonly shown: LayerTree;
  readonly entries: EntryList;
}

/** A node of one layer. */
interface Place {
  readonly layer: number;
  readonly node: number;
}

/**
 * The result of merging one name: the directories of several layers, one other node, or a name that is listed but cannot be
 * opened.
 */
type Merged = readonly Place[] | 'ghost' | undefined;

type Side = 'unpacked' | 'shown';

interface MergedDirectory {
  readonly unpacked: readonly Place[];
  readonly shown: readonly Place[];
  readonly parent: MergedDirectory | undefined;
  readonly part: number;
}

/** @param layers Top first, without layers that cannot be read, because these are unpacked in either case. */
export function compareImage(layers: readonly ImageLayer[], tables: ImageTables): Differences {
  const differences = new Differences();
  const kindAt = (side: Side, { layer, node }: Place): number => layers[layer]![side].kind[node]!;

  const resolve = (side: Side, directory: MergedDirectory, part: number): Merged => {
    const places = directory[side];
    const isListedAsItIs = places.length === 1 && directory.parent !== undefined;
    const merged: Place[] = [];
    let isGhost = false;
    for (const { layer, node } of places) {
      const tree = layers[layer]![side];
      const child = tree.child(node, part);
      if (child === noNode) continue;
      const kind = tree.kind[child]!;
      if (kind === NodeKind.ghost || (kind === NodeKind.whiteout && isListedAsItIs)) {
        isGhost = true;
        continue;
      }
      if (kind === NodeKind.whiteout) break;
      if (kind !== NodeKind.directory) {
        if (merged.length === 0) merged.push({ layer, node: child });
        break;
      }
      merged.push({ layer, node: child });
      if ((tree.flags[child]! & NodeFlag.opaque) !== 0) break;
    }
    return merged.length > 0 ? merged : isGhost ? 'ghost' : undefined;
  };

  const compareName = (directory: MergedDirectory, part: number): MergedDirectory | undefined => {
    const add = (field: DifferenceField, what: string, kind: DifferenceKind = 'whiteout'): void => {
      differences.add({ field, kind, class: 'breaks' }, what, () => pathOf(directory, part, tables));
    };
    const unpacked = resolve('unpacked', directory, part);
    const shown = resolve('shown', directory, part);
    if (typeof unpacked !== 'object') {
      if (typeof shown === 'object') add('extra', 'shown, but not present after unpacking');
      return undefined;
    }
    if (typeof shown !== 'object') {
      add('missing', 'missing');
      return undefined;
    }
    const [left, right] = [unpacked[0]!, shown[0]!];
    const kind = kindAt('unpacked', left);
    if (kind !== kindAt('shown', right)) {
      add('type', 'file type differs');
      return undefined;
    }
    const field = findBreakingField(layers, left, right, tables);
    if (field !== undefined) add(field, `${field} differs`, 'implicit-parent');
    return kind === NodeKind.directory ? { unpacked, shown, parent: directory, part } : undefined;
  };

  const roots = (side: Side): Place[] => layers.map((layer, at) => ({ layer: at, node: layer[side].root }));
  const pending: MergedDirectory[] = [
    { unpacked: roots('unpacked'), shown: roots('shown'), parent: undefined, part: -1 },
  ];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for (const part of namesIn(directory, layers)) {
      const inside = compareName(directory, part);
      if (inside !== undefined) pending.push(inside);
    }
  }
  return differences;
}

function namesIn(directory: MergedDirectory, layers: readonly ImageLayer[]): ReadonlySet<number> {
  const names = new Set<number>();
  for (const side of ['unpacked', 'shown'] as const) {
    for (const { layer, node } of directory[side]) {
      const tree = layers[layer]![side];
      for (let name = tree.firstName[node]!; name >= 0; name = tree.nextName[name]!) {
        if (tree.nameNode[name] !== noNode) names.add(tree.namePart[name]!);
      }
    }
  }
  return names;
}

function findBreakingField(
  layers: readonly ImageLayer[],
  left: Place,
  right: Place,
  tables: ImageTables,
): DifferenceField | undefined {
  const { unpacked, entries } = layers[left.layer]!;
  const { shown, entries: shownEntries } = layers[right.layer]!;
  const kind = unpacked.kind[left.node]! as NodeKind;
  const isUnknown = (unpacked.flags[left.node]! & NodeFlag.unknown) !== 0;
  if (isUnknown !== ((shown.flags[right.node]! & NodeFlag.unknown) !== 0)) return 'unknown';
  if (!isUnknown) {
    if (kind !== NodeKind.symlink && unpacked.mode[left.node] !== shown.mode[right.node]) return 'mode';
    if (unpacked.uid[left.node] !== shown.uid[right.node]) return 'uid';
    if (unpacked.gid[left.node] !== shown.gid[right.node]) return 'gid';
    const [set, shownSet] = [unpacked.xattrs[left.node]!, shown.xattrs[right.node]!];
    if (isBreakingXattrDifference(set, shownSet, kind, tables)) return 'xattr';
  }
  if (kind === NodeKind.directory) return undefined;
  const source = unpacked.source[left.node]!;
  const shownSource = shown.source[right.node]!;
  if (kind === NodeKind.file && shown.fault[right.node] !== 0) return 'data';
  if (left.layer === right.layer && source === shownSource) return undefined;
  const [expected, found] = [entries.at(source), shownEntries.at(shownSource)];
  if (kind === NodeKind.file) return 'data';
  if (kind === NodeKind.symlink) {
    return Buffer.compare(expected.linkName, found.linkName) === 0 ? undefined : 'target';
  }
  return kind !== NodeKind.fifo && deviceOf(expected) !== deviceOf(found) ? 'device' : undefined;
}

function pathOf(directory: MergedDirectory, part: number, tables: ImageTables): Uint8Array {
  const parts = [part];
  for (let at: MergedDirectory = directory; at.parent !== undefined; at = at.parent) parts.push(at.part);
  return Buffer.from(
    parts
      .reverse()
      .map((one) => Buffer.from(tables.names.bytesOf(one)).toString('latin1'))
      .join('/'),
    'latin1',
  );
}
