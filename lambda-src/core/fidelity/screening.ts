// Says in one look at each entry whether a layer can differ at all. Nearly none can: only for those that can do the
// machines run. What it passes, they find faithful.
import type { EntryType } from '../tar/entry.ts';
import type { EntryCursor, PackedEntries } from '../tar/packed-entries.ts';
import type { LayerEntry } from './entry.ts';
import { forEachXattr, hasData } from './entry.ts';
import { PathTable } from './path-table.ts';

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

const unchangedId = 0xffff_ffffn;
const regularFileBits = 0o100000n;
const setgidBit = 0o2000;
/** The last second that unpacking keeps, but not all of it. */
const latestSeconds = 9_223_372_036n;
const longestNameBytes = 255;
const longestTargetBytes = 4095;

/**
 * Looks at each entry once.
 *
 * @param entries Of a tar, whose reader has looked for peculiarities, or of a zTOC, where each entry is looked at here.
 */
export function screenEntries(entries: PackedEntries): Screening {
  const paths = new PathTable();
  /** Pairs of a hard link entry and the entry of the inode that it names. */
  const links: number[] = [];
  let differs = false;
  let hasSetgidDirectory = false;
  let index = 0;
  for (const entry of entries.walk()) {
    if (differs) {
      // The machines will find out; only whiteouts are still of interest.
      if (paths.hasWhiteouts) break;
      paths.lookForWhiteout(entry.name);
    } else {
      const isPeculiar = entry.peculiarities !== 0;
      hasSetgidDirectory ||= isPeculiar && isSetgidDirectory(entry);
      differs = (isPeculiar && !hasOrdinaryFields(entry)) || !addPath(entry, index, paths, links);
    }
    index++;
  }
  const dependsOnLowers = paths.hasImplicitDirectories;
  const inheritsGroup = dependsOnLowers && hasSetgidDirectory;
  return {
    differs: differs || inheritsGroup || !areLinksAlike(entries, links),
    dependsOnLowers,
    hasWhiteouts: paths.hasWhiteouts,
  };
}

function isSetgidDirectory(entry: EntryCursor): boolean {
  return entry.type === 'dir' && (Number(entry.mode) & setgidBit) !== 0 && entry.gid !== 0n;
}

/** @returns Whether the path, and that of a hard link's target, is one that nobody reads in two ways. */
function addPath(entry: EntryCursor, index: number, paths: PathTable, links: number[]): boolean {
  const { name, type } = entry;
  const isDirectory = type === 'dir';
  let inode = index;
  if (type === 'hardlink') {
    const target = paths.findEntry(entry.linkName);
    if (target === undefined) return false;
    links.push(index, target);
    inode = target;
  }
  if (paths.isRoot(name)) return isDirectory && entry.uid === 0n && entry.gid === 0n;
  return paths.add(name, isDirectory, inode);
}

function hasOrdinaryFields(entry: EntryCursor): boolean {
  const { type, nanoseconds } = entry;
  if (!isOrdinaryId(entry.uid) || !isOrdinaryId(entry.gid)) return false;
  if (nanoseconds === undefined || entry.seconds < 0n || entry.seconds >= latestSeconds) return false;
  const size = hasData(type) ? entry.uncompressedSize : 0n;
  const isFromZtoc = entry.headerOffset < 0;
  if (entry.uncompressedSize !== size || (!isFromZtoc && entry.storedSize !== size)) return false;
  const typeBits = entry.mode & ~0o7777n;
  if (hasData(type) && typeBits !== 0n && typeBits !== regularFileBits) return false;
  if (type === 'symlink') {
    const { length } = entry.linkName;
    if (length === 0 || length > longestTargetBytes) return false;
  }
  return entry.paxRecordCount === 0 || hasOrdinaryXattrs(type, entry);
}

function isOrdinaryId(id: bigint): boolean {
  return id >= 0n && id < unchangedId;
}

/** Attributes that are set and shown alike. A capability is not among them: a malformed one cannot be unpacked. */
function hasOrdinaryXattrs(type: EntryType, entry: Pick<LayerEntry, 'paxRecords'>): boolean {
  let count = 0;
  let emptyCount = 0;
  let oddCount = 0;
  const hasUserXattrs = type === 'reg' || type === 'dir' || type === 'hardlink';
  forEachXattr(entry, (key, value) => {
    count++;
    emptyCount += value === '' ? 1 : 0;
    const isUser = key.startsWith('user.') && hasUserXattrs && key !== 'user.';
    const isSecurity = key.startsWith('security.') && key !== 'security.' && key !== 'security.capability';
    oddCount += (isUser || isSecurity) && key.length <= longestNameBytes ? 0 : 1;
  });
  return oddCount === 0 && (emptyCount === 0 || count === 1);
}

/** A hard link entry sets the metadata of the inode once more: it must set the same. */
function areLinksAlike(entries: PackedEntries, links: readonly number[]): boolean {
  for (let at = 0; at < links.length; at += 2) {
    if (!isSameMetadata(entries.at(links[at]!), entries.at(links[at + 1]!))) return false;
  }
  return true;
}

function isSameMetadata(link: LayerEntry, target: LayerEntry): boolean {
  const isSameMode = link.mode === target.mode || target.type === 'symlink';
  if (!isSameMode || link.uid !== target.uid || link.gid !== target.gid) return false;
  return link.modificationTime === target.modificationTime && xattrText(link) === xattrText(target);
}

function xattrText(entry: LayerEntry): string {
  const texts: string[] = [];
  forEachXattr(entry, (key, value) => texts.push(`${key.length}:${key}${value}`));
  return texts.join('\0');
}
