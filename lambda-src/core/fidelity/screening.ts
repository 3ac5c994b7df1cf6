// Says in one look at each entry, while the table of contents is made, whether a layer can differ at all. Nearly none
// can: only for those that can do the machines run. What it passes, they find faithful.
import type { EntryList, LayerEntry, OddEntries, OddNumbers } from './entry.ts';
import { forEachXattr, hasData } from './entry.ts';
import { PathTable } from './path-table.ts';

/** An entry as the tar reader hands it out. Its arrays need to be valid during the call only. */
export interface ScreenedEntry extends Omit<LayerEntry, 'modificationTime'> {
  /** RFC 3339 in UTC, as text or its bytes; empty if the year is not within 0 to 9999. */
  readonly modificationTime: string | Uint8Array;
  /** Bytes of data in the archive: 0 for types without data. */
  readonly storedBytes: number;
  /** Whether the uid or the gid is negative or does not fit in 32 bits. */
  readonly hasWideId: boolean;
}

/** What a layer's entries say by themselves. */
export interface Screening {
  /** The machines must run, wherever the layer lies. */
  readonly differs: boolean;
  /** A directory has no entry before what is in it: layers below decide what it looks like. */
  readonly dependsOnLowers: boolean;
  /** They are applied in another way in the bottom layer. */
  readonly hasWhiteouts: boolean;
}

/** Whether a layer at this place of an image must be judged by the machines. */
export function mustRun(screening: Screening, isBottom: boolean): boolean {
  return screening.differs || (isBottom ? screening.hasWhiteouts : screening.dependsOnLowers);
}

const unchangedId = 0xffff_ffff;
const regularFileBits = 0o100000;
const setgidBit = 0o2000;
const earliestYear = 1970;
/** 2262 is the last year that unpacking keeps, but not all of it. */
const latestYear = 2261;
const longestNameBytes = 255;
const longestTargetBytes = 4095;

/*
 * State:
 *   paths       every path so far, and what it is
 *   links       pairs of a hard link entry and the entry of the inode that it names, to be compared at the end
 *   odd         what a zTOC has no room for, by entry
 */
export class LayerScreening {
  readonly odd = new Map<number, OddNumbers>();

  readonly #paths = new PathTable();
  readonly #links: number[] = [];
  #count = 0;
  #differs = false;
  #hasSetgidDirectory = false;

  /** Takes the next entry. */
  add(entry: ScreenedEntry): void {
    const index = this.#count++;
    if (this.#keepOddNumbers(entry, index)) this.#differs = true;
    if (this.#differs) {
      // The machines will find out; only whiteouts are still of interest, and odd numbers.
      this.#paths.lookForWhiteout(entry.name);
    } else if (!hasOrdinaryFields(entry) || !this.#addPath(entry, index)) {
      this.#differs = true;
    }
  }

  /** @param entries All that were added, in order. */
  finish(entries: EntryList): Screening {
    const dependsOnLowers = this.#paths.hasImplicitDirectories;
    const inheritsGroup = dependsOnLowers && this.#hasSetgidDirectory;
    return {
      differs: this.#differs || inheritsGroup || !this.#areLinksAlike(entries),
      dependsOnLowers,
      hasWhiteouts: this.#paths.hasWhiteouts,
    };
  }

  /** @returns Whether there are any. */
  #keepOddNumbers(entry: ScreenedEntry, index: number): boolean {
    const size = Number(entry.uncompressedSize);
    if (size === entry.storedBytes && !entry.hasWideId) return false;
    const hasHoles = hasData(entry.type) && size !== entry.storedBytes;
    if (hasHoles || entry.hasWideId) {
      this.odd.set(index, {
        ...(hasHoles ? { storedBytes: entry.storedBytes } : {}),
        ...(entry.hasWideId ? { hasWideId: true } : {}),
      });
    }
    return true;
  }

  /** @returns Whether the path, and that of a hard link's target, is one that nobody reads in two ways. */
  #addPath(entry: ScreenedEntry, index: number): boolean {
    const isDirectory = entry.type === 'dir';
    if (isDirectory && (Number(entry.mode) & setgidBit) !== 0 && entry.gid !== 0)
      this.#hasSetgidDirectory = true;
    let inode = index;
    if (entry.type === 'hardlink') {
      const target = this.#paths.findEntry(entry.linkName);
      if (target === undefined) return false;
      this.#links.push(index, target);
      inode = target;
    }
    if (this.#paths.isRoot(entry.name)) return isDirectory && entry.uid === 0 && entry.gid === 0;
    return this.#paths.add(entry.name, isDirectory, inode);
  }

  /** A hard link entry sets the metadata of the inode once more: it must set the same. */
  #areLinksAlike(entries: EntryList): boolean {
    for (let at = 0; at < this.#links.length && !this.#differs; at += 2) {
      const link = entries.packedAt(this.#links[at]!);
      const target = entries.packedAt(this.#links[at + 1]!);
      if (!isSameMetadata(link, target)) return false;
    }
    return true;
  }
}

/** The same for a layer whose zTOC is all that is known: what that has no room for is taken to be ordinary. */
export function screenEntries(entries: EntryList, odd: OddEntries = new Map()): Screening {
  const screening = new LayerScreening();
  for (let index = 0; index < entries.length; index++) {
    const entry = entries.packedAt(index);
    const numbers = odd.get(index);
    const size = hasData(entry.type) ? Number(entry.uncompressedSize) : 0;
    screening.add({
      ...entry,
      storedBytes: numbers?.storedBytes ?? size,
      hasWideId: numbers?.hasWideId ?? false,
    });
  }
  return screening.finish(entries);
}

function hasOrdinaryFields(entry: ScreenedEntry): boolean {
  if (entry.uid === unchangedId || entry.gid === unchangedId) return false;
  if (!isOrdinaryYear(entry.modificationTime)) return false;
  const typeBits = Number(entry.mode) & ~0o7777;
  if (typeBits !== 0 && (entry.mode > 0o177777n || (hasData(entry.type) && typeBits !== regularFileBits)))
    return false;
  if (entry.type === 'symlink') {
    if (entry.linkName.length === 0 || entry.linkName.length > longestTargetBytes) return false;
  }
  return entry.paxRecords.length === 0 || hasOrdinaryXattrs(entry);
}

function isOrdinaryYear(time: string | Uint8Array): boolean {
  if (time.length < 4) return false;
  const digit = (at: number): number => (typeof time === 'string' ? time.charCodeAt(at) : time[at]!) - 0x30;
  const year = digit(0) * 1000 + digit(1) * 100 + digit(2) * 10 + digit(3);
  return year >= earliestYear && year <= latestYear;
}

/** Attributes that are set and shown alike. A capability is not among them: a malformed one cannot be unpacked. */
function hasOrdinaryXattrs(entry: ScreenedEntry): boolean {
  let count = 0;
  let emptyCount = 0;
  let oddCount = 0;
  const hasUserXattrs = entry.type === 'reg' || entry.type === 'dir' || entry.type === 'hardlink';
  forEachXattr(entry, (key, value) => {
    count++;
    emptyCount += value === '' ? 1 : 0;
    const isUser = key.startsWith('user.') && hasUserXattrs && key !== 'user.';
    const isSecurity = key.startsWith('security.') && key !== 'security.' && key !== 'security.capability';
    oddCount += (isUser || isSecurity) && key.length <= longestNameBytes ? 0 : 1;
  });
  return oddCount === 0 && (emptyCount === 0 || count === 1);
}

function isSameMetadata(link: LayerEntry, target: LayerEntry): boolean {
  const isSameMode = link.mode === target.mode || target.type === 'symlink';
  if (!isSameMode || link.uid !== target.uid || link.gid !== target.gid) return false;
  if (Buffer.compare(link.modificationTime, target.modificationTime) !== 0) return false;
  return xattrText(link) === xattrText(target);
}

function xattrText(entry: LayerEntry): string {
  const texts: string[] = [];
  forEachXattr(entry, (key, value) => texts.push(`${key.length}:${key}${value}`));
  return texts.join('\0');
}
