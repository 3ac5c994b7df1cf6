// The numbers of a zTOC's FlatBuffer schema: slots of its tables and values of its enum. They are used by the AssemblyScript that
// writes zTOCs (wasm/ztoc) and the TypeScript that reads them (ztoc-decoder.ts).
// https://github.com/awslabs/soci-snapshotter/blob/v0.14.0/ztoc/fbs/ztoc.fbs

export const ztocSlots = 6;
export const ztocVersionSlot = 0;
export const ztocBuildToolIdentifierSlot = 1;
export const ztocCompressedArchiveSizeSlot = 2;
export const ztocUncompressedArchiveSizeSlot = 3;
export const ztocTocSlot = 4;
export const ztocCompressionInfoSlot = 5;

export const tocSlots = 1;
export const tocMetadataSlot = 0;

export const fileSlots = 14;
export const fileNameSlot = 0;
export const fileTypeSlot = 1;
export const fileUncompressedOffsetSlot = 2;
export const fileUncompressedSizeSlot = 3;
export const fileLinkNameSlot = 4;
export const fileModeSlot = 5;
export const fileUidSlot = 6;
export const fileGidSlot = 7;
export const fileUserNameSlot = 8;
export const fileGroupNameSlot = 9;
export const fileModificationTimeSlot = 10;
export const fileDeviceMajorSlot = 11;
export const fileDeviceMinorSlot = 12;
export const fileXattrsSlot = 13;

export const xattrSlots = 2;
export const xattrKeySlot = 0;
export const xattrValueSlot = 1;

export const compressionInfoSlots = 4;
export const compressionAlgorithmSlot = 0;
export const maxSpanIdSlot = 1;
export const spanDigestsSlot = 2;
export const checkpointsSlot = 3;

/** The compression algorithms. Gzip is the default, and therefore never written. */
export const gzipAlgorithm = 1;
export const uncompressedAlgorithm = 2;

/** For a plain tar, `checkpoints` is a separate FlatBuffer. */
export const tarZinfoSlots = 3;
export const tarZinfoVersionSlot = 0;
export const tarZinfoSpanSizeSlot = 1;
export const tarZinfoSizeSlot = 2;
/** The only version. */
export const tarZinfoVersion = 2;
