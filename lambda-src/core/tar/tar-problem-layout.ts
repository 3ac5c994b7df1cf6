// The layout in which the AssemblyScript that reads a tar reports an error (wasm/tar/problem.ts) to tar-problem.ts, which has the
// messages. Both languages compile this file.

// Results of reading. Errors are negative.
/** All bytes were read. */
export const readAll = 0;
/** There is no room for another entry until the packed ones are taken. */
export const entriesFull = 1;

export const wrongChecksum = -1;
export const wrongField = -2;
export const negativeSize = -3;
export const metadataTooLong = -4;
export const recordWithoutLength = -5;
export const recordLengthImpossible = -6;
export const recordWithoutNewline = -7;
export const recordWithoutEqualsSign = -8;
export const recordWithoutKey = -9;
export const recordWithNul = -10;
export const sparseRecordOutOfPlace = -11;
export const wrongRecordValue = -12;
export const typeNotDescribable = -13;
export const sparseOfOtherType = -14;
export const sparseSizeNoNumber = -15;
export const sparseNumbersMiscounted = -16;
export const sparseMapTooLong = -17;
export const sparseCountNoNumber = -18;
export const sparseFileSizeNegative = -19;
export const sparseFragmentIncomplete = -20;
export const sparseFragmentMisplaced = -21;
export const sparseMapCutOff = -22;
export const loneZeroBlock = -23;
export const dataCutOff = -24;
export const headerCutOff = -25;

// Details of the error, at `problemAddress()`.
/** u64: offset in the uncompressed stream. */
export const problemOffsetAt = 0;
/** i64: numbers of the message, in order. */
export const problemNumbersAt = 8;
export const problemNumbers = 4;
/** u32 address and u32 size of the entry's name. */
export const problemNameAt = 40;
/** u32 address and u32 size of a text in the message. */
export const problemTextAt = 48;
/** u32 address and u32 size of the key of that text. */
export const problemKeyAt = 56;
/** The invalid header field, as an index of `headerFields`: the first of the error's numbers. */
export const fieldSize = 0;
export const fieldMode = 1;
export const fieldUid = 2;
export const fieldGid = 3;
export const fieldMtime = 4;
export const fieldDeviceMajor = 5;
export const fieldDeviceMinor = 6;
export const fieldAtime = 7;
export const fieldCtime = 8;
