// The state of the tar reader between calls. AssemblyScript.
import { TAR_HEADER, TAR_STATE } from '../memory-layout';

@inline export const BLOCK_BYTES: usize = 512;

/** The purpose of the block or area that is being collected. */
export namespace Stage {
  @inline export const HEADER: u32 = 0;
  @inline export const END_MARKER: u32 = 1;
  /** PAX records or a GNU long name, for the next entry. */
  @inline export const METADATA: u32 = 2;
  /** A block of the map in front of a sparse file's data. */
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
 * Reading; offsets are those of the uncompressed stream:
 *   position     offset of the next unread byte; nothing is read after the end marker
 *   headerStart  offset of the latest header block
 *   entryStart   offset of the first header of the next entry, or of the latest one; headers of metadata come before its own
 *   dataStart    offset of the data that follows the latest header
 *   dataBytes    size of that data: at most 2^63 - 1, and 0 for types without data
 *   collectFrom  offset of the next block or area to collect; data and padding before it are skipped by arithmetic alone
 *   collectTo    address that it is copied to
 *   wantedBytes  its size
 *   collected    bytes of it so far
 *   stage        its purpose
 *   resumeAt     address in the output at which reading continues after packed entries were taken; 0 for the start of the output
 * Metadata of the next entry:
 *   hasRecords, recordCount         its PAX records, sorted (pax-records.ts)
 *   mayBeSparse                     one of their keys begins with GNU.sparse.
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
  /** Address of the end of a sparse map that is joined from several records. */
  sparseRecordEnd: usize;

  /** The map in front of a sparse file's data: its bytes and lines so far, and its number of lines, 0 until that is known. */
  mapBytes: usize;
  mapLines: u64;
  wantedMapLines: u64;

  /** Address of the end of packed entries. The totals are those of all entries since the start of the tar. */
  entriesEnd: usize;
  packedEntries: u32;
  totalEntries: u32;
  totalPaxRecords: u32;
  totalBytes: u64;
  /** The lowest offset at which the next entry does not overlap the previous one; and the peculiarities of all entries. */
  previousEnd: u64;
  peculiarities: u32;
}

/** The latest header, with fields that metadata overrides. A text is an address and a length, in a header block or in metadata. */
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
