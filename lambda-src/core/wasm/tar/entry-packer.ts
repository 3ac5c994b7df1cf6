// Packs the entry in `header`, with its PAX records, after the entries packed before. AssemblyScript. The layout is in
// ../../tar/packed-entry-layout.ts.
import {
  dataOffsetAt,
  deviceMajorAt,
  deviceMinorAt,
  entryBytesAt,
  gidAt,
  groupNameBytesAt,
  headerOffsetAt,
  linkNameBytesAt,
  modeAt,
  nameBytesAt,
  nanosecondsAt,
  paxRecordCountAt,
  paxRecordHeadBytes,
  peculiaritiesAt,
  secondsAt,
  sizeAt,
  storedSizeAt,
  stringsAt,
  typeAt,
  uidAt,
  userNameBytesAt,
} from '../../tar/packed-entry-layout';
import { recordKey, recordKeyBytes, recordValue, recordValueBytes } from './pax-records';
import { findPeculiarities } from './peculiarities';
import { screenEntry } from './screening';
import { header, tar } from './tar-state';

/**
 * Up to this many bytes are copied 16 at a time, which is cheaper than a call. This may overwrite bytes after the string, which
 * are written later.
 */
@inline const SHORT_BYTES: usize = 512;

/** @param storedBytes Bytes of its data, from `tar.position`. */
export function packEntry(type: u32, storedBytes: u64): void {
  const entry = tar.entriesEnd;
  const peculiarities = findPeculiarities(type, storedBytes);
  const recordCount = tar.hasRecords ? tar.recordCount : 0;
  store<u32>(entry, recordCount, paxRecordCountAt);
  store<f64>(entry, <f64>tar.position, dataOffsetAt);
  store<f64>(entry, <f64>tar.entryStart, headerOffsetAt);
  store<i64>(entry, header.size, sizeAt);
  store<u64>(entry, storedBytes, storedSizeAt);
  store<i64>(entry, header.mode, modeAt);
  store<i64>(entry, header.userId, uidAt);
  store<i64>(entry, header.groupId, gidAt);
  store<i64>(entry, header.seconds, secondsAt);
  store<i64>(entry, header.deviceMajor, deviceMajorAt);
  store<i64>(entry, header.deviceMinor, deviceMinorAt);
  store<u32>(entry, header.nanoseconds, nanosecondsAt);
  store<u16>(entry, <u16>peculiarities, peculiaritiesAt);
  store<u8>(entry, <u8>type, typeAt);
  store<u32>(entry, <u32>header.nameBytes, nameBytesAt);
  store<u32>(entry, <u32>header.linkNameBytes, linkNameBytesAt);
  store<u32>(entry, <u32>header.userNameBytes, userNameBytesAt);
  store<u32>(entry, <u32>header.groupNameBytes, groupNameBytesAt);
  let to = entry + stringsAt;
  to = copyString(to, header.name, header.nameBytes);
  to = copyString(to, header.linkName, header.linkNameBytes);
  to = copyString(to, header.userName, header.userNameBytes);
  to = copyString(to, header.groupName, header.groupNameBytes);
  for (let index: u32 = 0; index < recordCount; index++) {
    store<u32>(to, recordKeyBytes(index));
    store<u32>(to, recordValueBytes(index), 4);
    to = copyString(to + paxRecordHeadBytes, recordKey(index), recordKeyBytes(index));
    to = copyString(to, recordValue(index), recordValueBytes(index));
  }
  store<u32>(entry, <u32>(to - entry), entryBytesAt);
  tar.entriesEnd = to;
  tar.packedEntries++;
  tar.totalEntries++;
  tar.totalPaxRecords += recordCount;
  tar.totalBytes += to - entry;
  tar.peculiarities |= peculiarities;
  screenEntry(entry);
}

/** @returns Address for the next string. */
@inline
function copyString(to: usize, from: usize, bytes: usize): usize {
  if (bytes > SHORT_BYTES) memory.copy(to, from, bytes);
  else for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, v128.load(from + at));
  return to + bytes;
}
