// A difference between an unpacked layer and the same layer when lazy-loaded, with a sentence for people.
import { quoteBytes } from '../tar/quote.ts';

/** `breaks`: a program can fail. `metadata`: only times, or names and attributes that programs hardly ever read. */
export type DifferenceClass = 'breaks' | 'metadata';

/** Why a layer differs. These codes never change. */
export type DifferenceKind =
  | 'implicit-parent'
  | 'symlink-parent'
  | 'hardlink-metadata'
  | 'hardlink-target'
  | 'directory-over-linked-file'
  | 'entry-repeated'
  | 'mode-type-bits'
  | 'id-range'
  | 'mtime-range'
  | 'xattr'
  | 'root-owner'
  | 'whiteout'
  | 'sparse'
  | 'size-without-data'
  | 'state-directory'
  | 'unknown-below'
  | 'too-intricate';

/** The property of an entry that differs. */
export type DifferenceField =
  | 'missing'
  | 'extra'
  | 'type'
  | 'target'
  | 'mode'
  | 'uid'
  | 'gid'
  | 'time'
  | 'device'
  | 'xattr'
  | 'data'
  | 'opaque'
  | 'links'
  | 'ghost'
  | 'unknown';

export interface Difference {
  /** The path in the layer, without a leading slash; empty for the root. */
  readonly path: Uint8Array;
  readonly field: DifferenceField;
  readonly class: DifferenceClass;
  readonly kind: DifferenceKind;
  /** For people: `"/tmp": mode 0755 instead of 1777, because the layer has no entry for it`. */
  readonly sentence: string;
}

/** Enough for a person to act on. A hostile layer may have millions of differences. */
const keptOfEachClass = 20;

/** The differences of one layer: the first ones of each class, and the total number per class. */
export class Differences {
  readonly #kept: Record<DifferenceClass, Difference[]> = { breaks: [], metadata: [] };
  readonly #counts: Record<DifferenceClass, number> = { breaks: 0, metadata: 0 };

  /**
   * @param path Called only if the difference is kept.
   * @param reason Replaces the usual reason of the kind.
   */
  add(
    difference: Omit<Difference, 'path' | 'sentence'>,
    what: string,
    path: () => Uint8Array,
    reason: string = reasons[difference.kind],
  ): void {
    const kept = this.#kept[difference.class];
    this.#counts[difference.class]++;
    if (kept.length === keptOfEachClass) return;
    const bytes = path();
    kept.push({ ...difference, path: bytes, sentence: `${quotePath(bytes)}: ${what}, because ${reason}` });
  }

  count(of: DifferenceClass): number {
    return this.#counts[of];
  }

  /** The first differences of a class. */
  kept(of: DifferenceClass): readonly Difference[] {
    return this.#kept[of];
  }
}

const reasons: Readonly<Record<DifferenceKind, string>> = {
  'implicit-parent': 'the layer has no entry for it',
  'symlink-parent': 'the layer writes through one of its own symbolic links',
  'hardlink-metadata': 'the metadata of a hard link entry differs from that of its target',
  'hardlink-target': 'a hard link entry names its target through a symbolic link of the layer',
  'directory-over-linked-file': 'a directory entry replaces a file that also has another name',
  'entry-repeated': 'the layer has several entries for it',
  'mode-type-bits': 'its mode field contains the bits of another file type',
  'id-range': 'its uid or gid is not between 0 and 4294967294',
  'mtime-range':
    'its modification time is not between 1970 and 2262, or the layer replaces the directory later',
  xattr: 'the snapshotter cannot show its extended attributes as they were set',
  'root-owner': 'an entry for the root directory sets this owner',
  whiteout: 'the snapshotter handles whiteouts in the layer differently from containerd',
  sparse: 'the layer has a sparse file with holes',
  'size-without-data': 'an entry before it has a size but no data',
  'state-directory': 'the snapshotter shows its own state there',
  'unknown-below': 'they depend on a lower layer that cannot be read',
  'too-intricate': 'the comparison would take too long',
};

/** The quoted path with a leading slash, as in a container. Long names are shortened, and control characters are escaped. */
export function quotePath(path: Uint8Array): string {
  const rooted = new Uint8Array(path.length + 1);
  rooted[0] = 0x2f;
  rooted.set(path, 1);
  return quoteBytes(rooted);
}
