// What fills a layer: its directories and files with their sizes, from a zTOC's table of contents.
import { decodeName, namesOfPath } from '../core/image-path.ts';
import type { PackedEntries } from '../core/tar/packed-entries.ts';
import { jsonInHtmlBytes } from './json-in-html.ts';

/**
 * A directory or file of a layer, as the page has it.
 *
 * - `[name, bytes]`: a file
 * - `[name, bytes, files, children]`: a directory, with all that is below it. The children do not add up to it where some
 *   were too small to be listed.
 */
export type SizedPath =
  | readonly [name: string, bytes: number]
  | readonly [name: string, bytes: number, files: number, children: readonly SizedPath[]];

/** A name may have as many bytes as a tar can say. */
const longestNameCharacters = 100;

/** And as many directories in it. What is deeper counts as if it was here. */
const maximumDepth = 50;

interface Node {
  readonly name: string;
  /** Unpacked, with all that is below it. */
  bytes: number;
  /** Of a directory: what is below it and no directory. */
  files: number;
  /** Undefined for a file. */
  children: Map<string, Node> | undefined;
}

export class DirectoryTree {
  readonly #root: Node = { name: '/', bytes: 0, files: 0, children: new Map() };
  /** Each behind its directory. */
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

  /** In no order but that a directory comes before what is in it. */
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

  /** The directories of a path, the root first. */
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
 * The largest directories and files of some trees, as many as fit into a page. A directory is never smaller than what is in
 * it, so that what is listed hangs together.
 *
 * @param maximumBytes Of all of them as JSON. The roots are listed in any case.
 */
export function listLargestPaths(
  trees: readonly DirectoryTree[],
  maximumBytes: number,
): readonly SizedPath[] {
  // The sort is stable: of equal sizes, a directory stays before what is in it.
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

/** No more than it takes as JSON: `["name",123,45,[…]],`. */
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
