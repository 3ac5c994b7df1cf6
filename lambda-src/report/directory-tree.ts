// The contents of a layer: its directories and files with their sizes, from a zTOC's table of contents.
import { decodeName, namesOfPath } from '../core/image-path.ts';
import type { PackedEntries } from '../core/tar/packed-entries.ts';
import { jsonInHtmlBytes } from './json-in-html.ts';

/**
 * A directory or file of a layer, as the page stores it.
 *
 * - `[name, bytes]`: a file
 * - `[name, bytes, files, children]`: a directory with everything below it. Children that were too small to list are
 *   counted, but not included
 */
export type SizedPath =
  | readonly [name: string, bytes: number]
  | readonly [name: string, bytes: number, files: number, children: readonly SizedPath[]];

/** A name in a tar may be up to 1 MiB long. */
const longestNameCharacters = 100;

/** Deeper directories are counted as part of the directory at this depth. */
const maximumDepth = 50;

interface Node {
  readonly name: string;
  /** Unpacked bytes, including everything below. */
  bytes: number;
  /** For a directory: number of entries below that are not directories. */
  files: number;
  /** Undefined for a file. */
  children: Map<string, Node> | undefined;
}

export class DirectoryTree {
  readonly #root: Node = { name: '/', bytes: 0, files: 0, children: new Map() };
  /** Every node follows its directory. */
  readonly #nodes: Node[] = [this.#root];

  constructor(contents: PackedEntries) {
    for (const { name, type, uncompressedSize } of contents.walk()) {
      const names = namesOfPath(decodeName(name));
      const last = names.at(-1);
      if (last === undefined) continue;
      if (type === 'dir') this.#open(names);
      else this.#addFile(names.slice(0, -1), last, Number(uncompressedSize));
    }
  }

  /** A directory always comes before its contents. */
  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  #addFile(directories: readonly string[], name: string, bytes: number): void {
    const way = this.#open(directories);
    for (const directory of way) {
      directory.bytes += bytes;
      directory.files++;
    }
    this.#childOf(way.at(-1)!, name).bytes += bytes;
  }

  /** The directories on the path, root first. */
  #open(names: readonly string[]): readonly Node[] {
    const way = [this.#root];
    for (const name of names.slice(0, maximumDepth)) {
      const directory = this.#childOf(way.at(-1)!, name);
      directory.children ??= new Map();
      way.push(directory);
    }
    return way;
  }

  #childOf(directory: Node, name: string): Node {
    const children = (directory.children ??= new Map<string, Node>());
    const known = children.get(name);
    if (known !== undefined) return known;
    const made: Node = { name, bytes: 0, files: 0, children: undefined };
    children.set(name, made);
    this.#nodes.push(made);
    return made;
  }
}

/**
 * The largest directories and files of several trees, as many as fit into a page. A directory is at least as large as
 * anything in it, so parents are always listed.
 *
 * @param maximumBytes Limit for all of them as JSON. The roots are always listed.
 */
export function listLargestPaths(
  trees: readonly DirectoryTree[],
  maximumBytes: number,
): readonly SizedPath[] {
  // The sort is stable: among equal sizes, a directory stays before its contents.
  const bySize = trees.flatMap(({ nodes }) => nodes.slice(1)).sort((a, b) => b.bytes - a.bytes);
  const listed = new Set<Node>();
  let bytes = 0;
  for (const node of bySize) {
    bytes += listedBytes(node);
    if (bytes > maximumBytes) break;
    listed.add(node);
  }
  return trees.map(({ nodes }) => sizedPathOf(nodes[0]!, listed));
}

/** Upper bound of its size as JSON: `["name",123,45,[…]],`. */
function listedBytes({ name, bytes, files }: Node): number {
  return jsonInHtmlBytes(shownName(name)) + `${bytes}${files}`.length + '["",,,[]],'.length;
}

function sizedPathOf({ name, bytes, files, children }: Node, listed: ReadonlySet<Node>): SizedPath {
  if (children === undefined) return [shownName(name), bytes];
  const shown: SizedPath[] = [];
  for (const child of children.values()) if (listed.has(child)) shown.push(sizedPathOf(child, listed));
  return [shownName(name), bytes, files, shown.sort((a, b) => b[1] - a[1])];
}

function shownName(name: string): string {
  return name.length > longestNameCharacters ? `${name.slice(0, longestNameCharacters)}…` : name;
}
