// Judges which layers of an image differ between lazy loading and unpacking, and whether the image is correct if they are left
// out of the index.
import { Differences } from './difference.ts';
import type { Difference } from './difference.ts';
import { compareImage } from './image-comparison.ts';
import type { ImageLayer } from './image-comparison.ts';
import { compareLayer } from './layer-comparison.ts';
import type { BottomWhiteout } from './layer-comparison.ts';
import { showLayer, unpackLayer } from './layer-run.ts';
import type { EntryList } from './entry.ts';
import { noNode } from './layer-tree.ts';
import type { LayerTree } from './layer-tree.ts';
import { NameTable } from './name-table.ts';
import { UnpackError } from './path-resolver.ts';
import { mustRun } from './screening.ts';
import type { Screening } from './screening.ts';
import type { ImageTables, LowerLayer, LowerLayers, UnpackedLayer } from './unpacked-layer.ts';
import { TooIntricateError } from './work-budget.ts';
import { XattrSets } from './xattr-sets.ts';

/** The entries of a layer, and the result of screening them. */
export interface ScreenedLayer {
  readonly entries: EntryList;
  readonly screening: Screening;
}

/** What is known about a layer. */
export type LayerContent =
  | (ScreenedLayer & { readonly kind: 'entries' })
  /**
   * The layer can be read if a layer above depends on it. If the index would contain it, it is known to be ordinary, alone
   * and in its position.
   */
  | { readonly kind: 'unread' }
  /** The layer cannot be read here, because its compression is not supported. containerd may be able to unpack it. */
  | { readonly kind: 'unreadable' }
  /** containerd cannot unpack the layer either: it is not a tar, is damaged, or has an entry of a rejected type. */
  | { readonly kind: 'not-unpackable' };

export interface StackLayer {
  readonly content: LayerContent;
  /** Whether the index would have a zTOC of the layer. Only such layers are judged. */
  readonly isIndexed: boolean;
  /**
   * The judgement of the layer alone, if known. It takes precedence over that of the entries, because a zTOC does not contain
   * everything that matters.
   */
  readonly known?: 'breaks' | 'metadata';
}

export type LayerJudgement =
  /** The layer is not in the index, or the image cannot be unpacked at all. */
  | { readonly kind: 'not-judged' }
  | { readonly kind: 'faithful' }
  /** The snapshotter rejects the zTOC and unpacks the layer itself, which is slower but correct. */
  | { readonly kind: 'refused' }
  /** `differences` has both classes. A layer is not left out because of `metadata` alone. */
  | { readonly kind: 'metadata' | 'breaks'; readonly differences: Differences };

export type StackJudgement =
  /** The judgement depends on these unread layers, by position in the stack. Read them and judge again. */
  | { readonly kind: 'needs'; readonly layers: readonly number[] }
  | {
      readonly kind: 'judged';
      /** Bottom first, in the given order. */
      readonly layers: readonly LayerJudgement[];
      /** containerd cannot pull the image, with or without an index. */
      readonly isNotUnpackable: boolean;
      /** Breaking differences that remain when all breaking layers are left out. If there are any, nothing may be indexed. */
      readonly remaining: readonly Difference[];
    };

/**
 * Judges the layers of one platform's image.
 *
 * @param layers Bottom first.
 */
export function judgeStack(layers: readonly StackLayer[]): StackJudgement {
  return new Stack(layers).judge();
}

/**
 * Judges a single layer, either as the bottom layer or above layers without entries. `soci-index ztoc` uses it, because it
 * reads only one layer.
 */
export function judgeLayer(layer: ScreenedLayer, isBottom = false): LayerJudgement {
  const below: readonly StackLayer[] = isBottom ? [] : [{ content: emptyLayer, isIndexed: false }];
  const judgement = judgeStack([...below, { content: { kind: 'entries', ...layer }, isIndexed: true }]);
  return judgement.kind === 'judged' ? judgement.layers.at(-1)! : { kind: 'not-judged' };
}

const emptyLayer: LayerContent = {
  kind: 'entries',
  entries: {
    length: 0,
    at: () => {
      throw new RangeError('no entries');
    },
  },
  screening: { differs: false, dependsOnLowers: false, hasWhiteouts: false },
};

type TreeOfLayer =
  | { readonly kind: 'tree'; readonly unpacked: UnpackedLayer }
  | { readonly kind: 'unknown'; readonly error?: TooIntricateError };

/*
 * State, by layer, computed when needed:
 *   trees      the layer as unpacked over the layers below
 *   shown      the layer as shown, if it was compared in detail
 */
class Stack {
  readonly #layers: readonly StackLayer[];
  readonly #tables: ImageTables = { names: new NameTable(), xattrs: new XattrSets() };
  readonly #trees: TreeOfLayer[] = [];
  readonly #shown = new Map<number, LayerTree>();
  readonly #bottomWhiteouts: BottomWhiteout[] = [];
  readonly #needed = new Set<number>();

  constructor(layers: readonly StackLayer[]) {
    this.#layers = layers;
  }

  judge(): StackJudgement {
    try {
      if (this.#layers.some(({ content }) => content.kind === 'not-unpackable')) {
        throw new UnpackError('a layer cannot be read');
      }
      const judgements = this.#layers.map((_, place) => this.#judgeLayer(place));
      if (this.#needed.size === 0) this.#judgeBottomWhiteouts(judgements);
      const remaining = this.#needed.size === 0 ? this.#judgeRest(judgements) : [];
      if (this.#needed.size > 0) {
        return { kind: 'needs', layers: [...this.#needed].sort((left, right) => left - right) };
      }
      return { kind: 'judged', layers: judgements, isNotUnpackable: false, remaining };
    } catch (error) {
      if (!(error instanceof UnpackError)) throw error;
      const layers = this.#layers.map(() => ({ kind: 'not-judged' }) as const);
      return { kind: 'judged', layers, isNotUnpackable: true, remaining: [] };
    }
  }

  #judgeLayer(place: number): LayerJudgement {
    const { content, isIndexed, known } = this.#layers[place]!;
    if (!isIndexed) return { kind: 'not-judged' };
    if (known === 'breaks') return { kind: 'breaks', differences: new Differences() };
    // The layer was found ordinary when it was read earlier.
    if (content.kind === 'unread') return { kind: 'faithful' };
    if (content.kind !== 'entries') return { kind: 'not-judged' };
    if (known === undefined && !mustRun(content.screening, place === 0)) return { kind: 'faithful' };
    try {
      return this.#runMachines(place, content);
    } catch (error) {
      if (!(error instanceof TooIntricateError)) throw error;
      const differences = new Differences();
      const what = 'the layer cannot be judged';
      const difference = { field: 'unknown', class: 'breaks', kind: 'too-intricate' } as const;
      differences.add(difference, what, () => noPath, error.message);
      return { kind: 'breaks', differences };
    }
  }

  #runMachines(place: number, content: ScreenedLayer): LayerJudgement {
    const isBottom = place === 0;
    const tree = this.#unpack(place);
    if (tree.kind === 'unknown') throw tree.error ?? new Error('the layer has entries');
    const { unpacked } = tree;
    this.#needUnread(place, unpacked);
    const showing = showLayer(content.entries, this.#tables);
    if (showing === undefined) return { kind: 'refused' };
    const { differences, bottomWhiteouts } = compareLayer({
      unpacked: unpacked.tree,
      shown: showing.shown.tree,
      entries: content.entries,
      times: showing.times,
      tables: this.#tables,
      isBottom,
      hasEntryThroughSymlink: unpacked.hasEntryThroughSymlink,
    });
    if (differences.count('metadata') > 0 || (isBottom && content.screening.hasWhiteouts)) {
      this.#shown.set(place, showing.shown.tree);
    }
    this.#bottomWhiteouts.push(...bottomWhiteouts);
    if (unpacked.unknownDirectory !== undefined) {
      const what = 'mode, owner and attributes are unknown';
      const path = this.#pathOf(unpacked.unknownDirectory);
      differences.add({ field: 'unknown', class: 'breaks', kind: 'unknown-below' }, what, () => path);
    }
    return judgementOf(differences);
  }

  #pathOf(parts: readonly number[]): Uint8Array {
    const texts = parts.map((part) => Buffer.from(this.#tables.names.bytesOf(part)).toString('latin1'));
    return Buffer.from(texts.join('/'), 'latin1');
  }

  /** Notes the unread layers on which the layer at `place` depends: they must be read. */
  #needUnread(place: number, unpacked: UnpackedLayer): void {
    for (const lower of unpacked.unknownLowers) {
      const lowest = this.#layers[place - 1 - lower]!;
      // If the lower layer was read, its metadata is unknown because it depends on unread layers below it.
      const isUnreadItself = lowest.content.kind === 'unread';
      if (isUnreadItself) this.#needed.add(place - 1 - lower);
      else this.#needAllUnreadBelow(place - 1 - lower);
    }
  }

  #needAllUnreadBelow(place: number): void {
    for (let below = 0; below < place; below++) {
      if (this.#layers[below]!.content.kind === 'unread') this.#needed.add(below);
    }
  }

  /** The unpacked layer. Lower layers are unpacked first, so that calls do not nest with the number of layers. */
  #unpack(place: number): TreeOfLayer {
    return (this.#trees[place] ??= this.#unpackOver(place, this.#lowers(place)));
  }

  /** The trees of all layers below. They are built when the first one is needed. */
  #lowers(place: number): LowerLayers {
    return {
      count: place,
      at: (nearness) => {
        for (let below = 0; below < place; below++) this.#unpack(below);
        return this.#asLower(place - 1 - nearness, this.#trees[place - 1 - nearness]!);
      },
    };
  }

  #asLower(place: number, tree: TreeOfLayer): LowerLayer {
    const { content } = this.#layers[place]!;
    if (tree.kind === 'unknown' || content.kind !== 'entries') return { kind: 'unknown' };
    return { kind: 'tree', tree: tree.unpacked.tree, entries: content.entries };
  }

  #unpackOver(place: number, lowers: LowerLayers): TreeOfLayer {
    const { content } = this.#layers[place]!;
    if (content.kind !== 'entries') return { kind: 'unknown' };
    try {
      const rules = { lowers, removesWhiteouts: place === 0 };
      return { kind: 'tree', unpacked: unpackLayer(content.entries, this.#tables, rules) };
    } catch (error) {
      if (error instanceof TooIntricateError) return { kind: 'unknown', error };
      throw error;
    }
  }

  /** A whiteout of a missing name in the bottom layer is listed only if no other layer has its directory. */
  #judgeBottomWhiteouts(judgements: LayerJudgement[]): void {
    if (this.#bottomWhiteouts.length > 0) this.#needAllUnreadBelow(this.#layers.length);
    if (this.#needed.size > 0) return;
    const ghosts = this.#bottomWhiteouts.filter(({ directory }) => !this.#isInUpperLayer(directory));
    if (ghosts.length === 0) return;
    const bottom = judgements[0]!;
    const differences = 'differences' in bottom ? bottom.differences : new Differences();
    for (const { path } of ghosts) {
      const what = 'listed, but cannot be opened';
      differences.add({ field: 'ghost', class: 'metadata', kind: 'whiteout' }, what, () => path);
    }
    judgements[0] = judgementOf(differences);
  }

  #isInUpperLayer(directory: readonly number[]): boolean {
    for (let place = 1; place < this.#layers.length; place++) {
      const tree = this.#unpack(place);
      if (tree.kind === 'unknown') continue;
      const { tree: unpacked } = tree.unpacked;
      let node = unpacked.root;
      for (const part of directory) node = node === noNode ? noNode : unpacked.child(node, part);
      if (node !== noNode && unpacked.isDirectory(node)) return true;
    }
    return false;
  }

  /**
   * Judges the image again, as it would be shown if the snapshotter unpacked the breaking layers.
   *
   * The snapshotter unpacks like containerd, except that it does not remove whiteouts in the bottom layer, and that it
   * copies metadata from the layers below as they are shown. So nothing can differ unless the bottom layer has whiteouts, or
   * a layer below an unpacked one is shown with different metadata.
   */
  #judgeRest(judgements: readonly LayerJudgement[]): readonly Difference[] {
    const isLazy = judgements.map(({ kind }) => kind === 'faithful' || kind === 'metadata');
    if (!isLazy.includes(true)) return [];
    const bottom = this.#layers[0]!.content;
    const hasUnpacked = isLazy.includes(false);
    const hasBottomWhiteouts = bottom.kind === 'entries' && bottom.screening.hasWhiteouts && hasUnpacked;
    const isMetadataBelowUnpacked = judgements.some(
      ({ kind }, place) => kind === 'metadata' && isLazy.slice(place + 1).includes(false),
    );
    if (!hasBottomWhiteouts && !isMetadataBelowUnpacked) return [];
    this.#needAllUnreadBelow(this.#layers.length);
    if (this.#needed.size > 0) return [];
    try {
      const layers = this.#showImage(isLazy);
      return compareImage(layers, this.#tables).kept('breaks');
    } catch (error) {
      if (error instanceof UnpackError || error instanceof TooIntricateError) {
        const differences = new Differences();
        const what = `the snapshotter cannot unpack a layer: ${error.message}`;
        differences.add({ field: 'unknown', class: 'breaks', kind: 'whiteout' }, what, () => noPath);
        return differences.kept('breaks');
      }
      throw error;
    }
  }

  /** The layers, top first, without those that cannot be read. */
  #showImage(isLazy: readonly boolean[]): readonly ImageLayer[] {
    const shown: (LowerLayer & { readonly isAsUnpacked: boolean })[] = [];
    const layers: ImageLayer[] = [];
    for (const [place, { content }] of this.#layers.entries()) {
      const tree = this.#unpack(place);
      if (content.kind !== 'entries' || tree.kind === 'unknown') {
        shown.push({ kind: 'unknown', isAsUnpacked: true });
        continue;
      }
      const unpacked = tree.unpacked.tree;
      const shownTree = isLazy[place]!
        ? (this.#shown.get(place) ?? unpacked)
        : this.#unpackBySnapshotter(place, content, unpacked, shown);
      const { entries } = content;
      shown.push({ kind: 'tree', tree: shownTree, entries, isAsUnpacked: shownTree === unpacked });
      layers.push({ unpacked, shown: shownTree, entries });
    }
    return layers.reverse();
  }

  #unpackBySnapshotter(
    place: number,
    { entries }: ScreenedLayer,
    unpacked: LayerTree,
    lowers: readonly (LowerLayer & { readonly isAsUnpacked: boolean })[],
  ): LayerTree {
    if (place > 0) {
      if (lowers.every(({ isAsUnpacked }) => isAsUnpacked)) return unpacked;
      const below: LowerLayers = { count: place, at: (nearness) => lowers[place - 1 - nearness]! };
      return unpackLayer(entries, this.#tables, { lowers: below, removesWhiteouts: false }).tree;
    }
    try {
      const nothing: LowerLayers = { count: 0, at: () => ({ kind: 'unknown' }) };
      return unpackLayer(entries, this.#tables, { lowers: nothing, removesWhiteouts: false }).tree;
    } catch (error) {
      // In this case, the snapshotter lets containerd unpack the layer.
      if (error instanceof UnpackError) return unpacked;
      throw error;
    }
  }
}

const noPath = new Uint8Array(0);

function judgementOf(differences: Differences): LayerJudgement {
  if (differences.count('breaks') > 0) return { kind: 'breaks', differences };
  return differences.count('metadata') > 0 ? { kind: 'metadata', differences } : { kind: 'faithful' };
}
