// Writes a packed entry as a file of a zTOC: its strings, then its table. AssemblyScript.
import { PAX_RECORDS, TIME_TEXT, TYPE_WORDS } from '../memory-layout';
import {
  dataOffsetAt,
  deviceMajorAt,
  deviceMinorAt,
  gidAt,
  groupNameBytesAt,
  linkNameBytesAt,
  modeAt,
  nameBytesAt,
  nanosecondsAt,
  noTime,
  paxRecordCountAt,
  paxRecordHeadBytes,
  secondsAt,
  sizeAt,
  stringsAt,
  typeAt,
  uidAt,
  userNameBytesAt,
} from '../../tar/packed-entry-layout';
import {
  fileDeviceMajorSlot,
  fileDeviceMinorSlot,
  fileGidSlot,
  fileGroupNameSlot,
  fileLinkNameSlot,
  fileModeSlot,
  fileModificationTimeSlot,
  fileNameSlot,
  fileSlots,
  fileTypeSlot,
  fileUidSlot,
  fileUncompressedOffsetSlot,
  fileUncompressedSizeSlot,
  fileUserNameSlot,
  fileXattrsSlot,
  xattrKeySlot,
  xattrSlots,
  xattrValueSlot,
} from '../../ztoc/ztoc-schema';
import {
  addInt32,
  addInt64,
  addReference,
  align,
  beginTable,
  endTable,
  flatOffset,
  putReference,
  putString,
  putUint32,
} from './flat-builder';
import { formatTime } from './rfc3339';

export function initializeTypeWords(): void {
  // reg, hardlink, symlink, char, block, dir, fifo: 8 bytes each, lowest byte first.
  store<u64>(TYPE_WORDS, 0x676572);
  store<u64>(TYPE_WORDS, 0x6b6e696c64726168, 8);
  store<u64>(TYPE_WORDS, 0x6b6e696c6d7973, 16);
  store<u64>(TYPE_WORDS, 0x72616863, 24);
  store<u64>(TYPE_WORDS, 0x6b636f6c62, 32);
  store<u64>(TYPE_WORDS, 0x726964, 40);
  store<u64>(TYPE_WORDS, 0x6f666966, 48);
}

/** Writes the packed entry at `entry`. @returns The offset of its table. */
export function putFile(entry: usize): u32 {
  let string = entry + stringsAt;
  let bytes = load<u32>(entry, nameBytesAt);
  const name = putString(string, bytes);
  string += bytes;
  const word = TYPE_WORDS + (<usize>load<u8>(entry, typeAt) << 3);
  const type = putString(word, 8 - (<u32>clz<u64>(load<u64>(word)) >> 3));
  bytes = load<u32>(entry, linkNameBytesAt);
  const linkName = putString(string, bytes);
  string += bytes;
  bytes = load<u32>(entry, userNameBytesAt);
  const userName = putString(string, bytes);
  string += bytes;
  bytes = load<u32>(entry, groupNameBytesAt);
  const groupName = putString(string, bytes);
  string += bytes;
  const nanoseconds = load<u32>(entry, nanosecondsAt);
  const timeBytes = nanoseconds === noTime ? 0 : formatTime(load<i64>(entry, secondsAt), nanoseconds);
  const modificationTime = putString(TIME_TEXT, timeBytes);
  const xattrs = putPaxRecords(string, load<u32>(entry, paxRecordCountAt));

  beginTable(fileSlots);
  addReference(fileNameSlot, name);
  addReference(fileTypeSlot, type);
  addInt64(fileUncompressedOffsetSlot, <i64>load<f64>(entry, dataOffsetAt));
  addInt64(fileUncompressedSizeSlot, load<i64>(entry, sizeAt));
  addReference(fileLinkNameSlot, linkName);
  addInt64(fileModeSlot, load<i64>(entry, modeAt));
  // The low 32 bits: a zTOC cannot store more.
  addInt32(fileUidSlot, load<u32>(entry, uidAt));
  addInt32(fileGidSlot, load<u32>(entry, gidAt));
  addReference(fileUserNameSlot, userName);
  addReference(fileGroupNameSlot, groupName);
  addReference(fileModificationTimeSlot, modificationTime);
  addInt64(fileDeviceMajorSlot, load<i64>(entry, deviceMajorAt));
  addInt64(fileDeviceMinorSlot, load<i64>(entry, deviceMinorAt));
  addReference(fileXattrsSlot, xattrs);
  return endTable(fileSlots);
}

/** Writes all PAX records, which the schema calls xattrs. They are already sorted by key. @returns The offset of their vector. */
function putPaxRecords(first: usize, count: u32): u32 {
  let record = first;
  for (let index: u32 = 0; index < count; index++) {
    const keyBytes = load<u32>(record);
    const valueBytes = load<u32>(record, 4);
    record += paxRecordHeadBytes;
    const key = putString(record, keyBytes);
    record += keyBytes;
    const value = putString(record, valueBytes);
    record += valueBytes;
    beginTable(xattrSlots);
    addReference(xattrKeySlot, key);
    addReference(xattrValueSlot, value);
    store<u32>(PAX_RECORDS + (<usize>index << 2), endTable(xattrSlots));
  }
  align(4, count << 2);
  for (let index = count; index-- > 0; ) putReference(load<u32>(PAX_RECORDS + (<usize>index << 2)));
  putUint32(count);
  return flatOffset();
}
