// What the treemap draws: an image's layers, and what is in them.
import type { SizedPath } from '../directory-tree.ts';

/**
 * - `layer`: of an image, by its stored bytes; it can be opened if it has a zTOC
 * - `directory`, `file`: by their unpacked bytes
 * - `rest`: what is too small to be listed by itself
 */
export interface Block {
  readonly kind: 'image' | 'layer' | 'directory' | 'file' | 'rest';
  readonly name: string;
  readonly bytes: number;
  /** Undefined where nobody has counted. */
  readonly files?: number;
  /** Largest first. Undefined: it cannot be opened. */
  readonly children?: readonly Block[];
}

/** Bytes of all that is in a block. Those of a layer are its stored ones, and these unpacked. */
export function contentBytesOf({ children = [] }: Block): number {
  return children.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** How many are drawn side by side. */
const maximumChildren = 150;

export function blockOf(path: SizedPath): Block {
  if (path.length === 2) return { kind: 'file', name: path[0], bytes: path[1] };
  const [name, bytes, files, children] = path;
  return { kind: 'directory', name, bytes, files, children: withRest(children, bytes, files) };
}

/** The children, and one block for those that are not listed or too many. */
function withRest(children: readonly SizedPath[], bytes: number, files: number): readonly Block[] {
  const blocks = children.slice(0, maximumChildren).map(blockOf);
  const restBytes = bytes - blocks.reduce((sum, block) => sum + block.bytes, 0);
  const restFiles = files - blocks.reduce((sum, block) => sum + (block.files ?? 1), 0);
  if (restFiles <= 0) return blocks;
  return [...blocks, { kind: 'rest', name: 'smaller files', bytes: restBytes, files: restFiles }];
}
