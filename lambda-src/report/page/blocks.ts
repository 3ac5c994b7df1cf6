// The blocks of the treemap: an image's layers, directories and files.
import { sumOf } from '../../core/sum-of.ts';
import type { SizedPath } from '../directory-tree.ts';

/**
 * - `layer`: sized by stored bytes; it can be opened if it has a zTOC
 * - `directory`, `file`: sized by unpacked bytes
 * - `rest`: everything that is too small to be listed
 */
export interface Block {
  readonly kind: 'image' | 'layer' | 'directory' | 'file' | 'rest';
  readonly name: string;
  readonly bytes: number;
  /** Undefined if unknown. */
  readonly files?: number;
  /** Largest first. Undefined if the block cannot be opened. */
  readonly children?: readonly Block[];
}

/**
 * Total bytes of the block's children. For a layer, these are unpacked bytes, while its own size is in stored bytes.
 */
export function contentBytesOf({ children = [] }: Block): number {
  return sumOf(children, ({ bytes }) => bytes);
}

/** Maximum number of children drawn. */
const maximumChildren = 150;

export function blockOf(path: SizedPath): Block {
  if (path.length === 2) return { kind: 'file', name: path[0], bytes: path[1] };
  const [name, bytes, files, children] = path;
  return { kind: 'directory', name, bytes, files, children: withRest(children, bytes, files) };
}

/** The children, and one block for those that are not listed. */
function withRest(children: readonly SizedPath[], bytes: number, files: number): readonly Block[] {
  const blocks = children.slice(0, maximumChildren).map(blockOf);
  const restBytes = bytes - sumOf(blocks, (block) => block.bytes);
  const restFiles = files - sumOf(blocks, (block) => block.files ?? 1);
  if (restFiles <= 0) return blocks;
  return [...blocks, { kind: 'rest', name: 'smaller files', bytes: restBytes, files: restFiles }];
}
