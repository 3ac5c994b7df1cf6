// Resolves a path in one layer's tree like containerd when it unpacks a layer: symbolic links are followed, but never out of the
// root; a missing part is kept unchanged.
// https://github.com/containerd/continuity/blob/v0.4.5/fs/path.go (RootPath)
import type { EntryList } from './entry.ts';
import { parentPart, splitPath } from './entry-path.ts';
import { NodeKind, noNode } from './layer-tree.ts';
import type { LayerTree } from './layer-tree.ts';
import type { NameTable } from './name-table.ts';
import type { WorkBudget } from './work-budget.ts';

const slash = 0x2f;
const maximumLinks = 255;

/** Unpacking fails, so the image cannot be pulled, with or without a SOCI index. */
export class UnpackError extends Error {
  override readonly name = 'UnpackError';
}

/**
 * State: the resolved path is `parts[0, depth)`; `nodes` has the node of each part, or `noNode` if it is missing.
 */
export class PathResolver {
  readonly parts: number[] = [];
  readonly nodes: number[] = [];
  depth = 0;
  /** Number of links followed since the latest reset. */
  linkCount = 0;

  readonly #tree: LayerTree;
  readonly #entries: EntryList;
  readonly #names: NameTable;
  readonly #budget: WorkBudget;
  readonly #pending: number[] = [];
  readonly #targets = new Map<number, readonly number[]>();

  constructor(tree: LayerTree, entries: EntryList, names: NameTable, budget: WorkBudget) {
    this.#tree = tree;
    this.#entries = entries;
    this.#names = names;
    this.#budget = budget;
  }

  /** The node at the path; `noNode` if it is missing. */
  get node(): number {
    return this.depth === 0 ? this.#tree.root : this.nodes[this.depth - 1]!;
  }

  /** Returns to the root. */
  reset(): void {
    this.depth = 0;
    this.linkCount = 0;
  }

  /**
   * Resolves one more part, and follows it if it is a link.
   *
   * @throws UnpackError if the path leads through something other than a directory, or through more than 255 links.
   */
  advance(part: number): void {
    const pending = this.#pending;
    pending.length = 0;
    for (let next: number | undefined = part; next !== undefined; next = pending.pop()) {
      if (next === parentPart) {
        if (this.depth > 0) this.depth--;
        continue;
      }
      const parent = this.node;
      const node = parent === noNode ? noNode : this.#childOf(parent, next);
      if (node !== noNode && this.#tree.kind[node] === NodeKind.symlink) {
        this.#follow(node);
      } else {
        this.parts[this.depth] = next;
        this.nodes[this.depth] = node;
        this.depth++;
      }
    }
  }

  #childOf(parent: number, part: number): number {
    if (!this.#tree.isDirectory(parent))
      throw new UnpackError('a path leads through something other than a directory');
    return this.#tree.child(parent, part);
  }

  #follow(link: number): void {
    if (++this.linkCount > maximumLinks)
      throw new UnpackError(`a path leads through more than ${maximumLinks} links`);
    const source = this.#tree.source[link]!;
    const target = this.#targetOf(source);
    this.#budget.spend(1 + target.length);
    if (this.#entries.at(source).linkName[0] === slash) this.depth = 0;
    for (let at = target.length - 1; at >= 0; at--) this.#pending.push(target[at]!);
  }

  #targetOf(source: number): readonly number[] {
    let target = this.#targets.get(source);
    if (target === undefined) {
      target = splitPath(this.#entries.at(source).linkName, this.#names);
      this.#targets.set(source, target);
    }
    return target;
  }
}
