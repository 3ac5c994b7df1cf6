// The state of the tar reader between calls. AssemblyScript.
import { TAR_HEADER, TAR_STATE } from '../memory-layout';

@inline export const BLOCK_BYTES: usize = 512;

/** What the block or area that is being collected will be. */
export namespace Stage {
  @inline export const HEADER: u32 = 0;
  @inline export const END_MARKER: u32 = 1;
  /** PAX records or a GNU long name, for the entry to come. */
  @inline export const METADATA: u32 = 2;
  /** A block of the map that lies in front of a sparse file's data. */
  @inline export const SPARSE_MAP: u32 = 3;
  @inline export const ENDED: u32 = 4;
}

/** Types of entries, as the codes of their characters. */
export namespace TypeFlag {
  /** In the oldest archives. */
  @inline export const OLD_REGULAR_FILE: u32 = 0;
  @inline export const REGULAR_FILE: u32 = 0x30; // 0
  @inline export const HARD_LINK: u32 = 0x31; // 1
  @inline export const SYMBOLIC_LINK: u32 = 0x32; // 2
  @inline export const DIRECTORY: u32 = 0x35; // 5
  @inline export const FIFO: u32 = 0x36; // 6
  @inline export const GNU_LONG_LINK_NAME: u32 = 0x4b; // K
  @inline export const GNU_LONG_NAME: u32 = 0x4c; // L
  @inline export const PAX_HEADER: u32 = 0x78; // x
}

/*
 * The reading:
 *   position     how many bytes have been read of the uncompressed stream, up to the end marker
 *   headerStart  where the latest header block begins
 *   entryStart   where the first header of the entry to come begins, or of the latest one: metadata is in front of its own
 *   dataStart    where the data of the latest header begins, and
 *   dataBytes    how many there are: 2^63 - 1 at most, 0 for types without data
 *   collectFrom  the next offset that matters; what comes before is data or padding, and skipped by arithmetic alone
 *   collectTo    the address of the block or area that is filled from there,
 *   wantedBytes  its size,
 *   collected    and how much of it has come
 *   stage        what it will be
 *   resumeAt     address in the output where reading goes on, once packed entries have been taken; 0 for its start
 * What entries of metadata have said about the entry to come:
 *   hasRecords, recordCount         its PAX records, sorted (pax-records.ts)
 *   mayBeSparse                     they have a key that begins with GNU.sparse.
 *   longNameBytes, longLinkNameBytes  0: none
 */
@unmanaged
export class TarState {
  position: u64;
  headerStart: u64;
  entryStart: u64;
  dataStart: u64;
  dataBytes: u64;
  collectFrom: u64;
  collectTo: usize;
  wantedBytes: usize;
  collected: usize;
  stage: u32;
  resumeAt: usize;

  hasRecords: bool;
  mayBeSparse: bool;
  isEntryBegun: bool;
  recordCount: u32;
  longNameBytes: usize;
  longLinkNameBytes: usize;
  /** Where the joined map of a sparse file in the records ends. */
  sparseRecordEnd: usize;

  /** The map in front of a sparse file's data: bytes and lines so far; lines that it has, 0 while that is not known. */
  mapBytes: usize;
  mapLines: u64;
  wantedMapLines: u64;

  /** Packed entries end here. Of all entries since the beginning: how many, their PAX records, and their bytes. */
  entriesEnd: usize;
  packedEntries: u32;
  totalEntries: u32;
  totalPaxRecords: u32;
  totalBytes: u64;
  /** Where an entry would have to begin that does not overlap the one before, and what is peculiar about any. */
  previousEnd: u64;
  peculiarities: u32;
}

/** The latest header, with what metadata says better. Texts are addresses and lengths: in a block, or in metadata. */
@unmanaged
export class TarHeader {
  size: i64;
  mode: i64;
  userId: i64;
  groupId: i64;
  seconds: i64;
  deviceMajor: i64;
  deviceMinor: i64;
  nanoseconds: u32;
  typeFlag: u32;
  name: usize;
  nameBytes: usize;
  linkName: usize;
  linkNameBytes: usize;
  userName: usize;
  userNameBytes: usize;
  groupName: usize;
  groupNameBytes: usize;
}

export const tar: TarState = changetype<TarState>(TAR_STATE);
export const header: TarHeader = changetype<TarHeader>(TAR_HEADER);
