// zstd frames with raw blocks, and every variant of their headers. https://www.rfc-editor.org/rfc/rfc8878#section-3

export interface FrameOptions {
  /** Exponent and eighths of the window: 2^(10 + exponent) * (1 + eighths / 8). @default 1 MiB */
  readonly window?: readonly [exponent: number, eighths: number];
  /** Bytes of the content's size in the header. @default 0 */
  readonly sizeBytes?: 0 | 1 | 2 | 4 | 8;
  /** The content's size in the header. @default the true one */
  readonly size?: number;
  /** Whether the window is as large as the content. @default false */
  readonly isSingleSegment?: boolean;
  /** @default 0 */
  readonly dictionaryIdBytes?: 0 | 1 | 2 | 4;
  /** Whether a checksum follows, which is not checked. @default false */
  readonly hasChecksum?: boolean;
  /** @default as many as a block may have */
  readonly blockBytes?: number;
}

const sizeFlags = { 0: 0, 1: 0, 2: 1, 4: 2, 8: 3 } as const;
const dictionaryFlags = { 0: 0, 1: 1, 2: 2, 4: 3 } as const;

export function zstdFrame(content: Uint8Array, options: FrameOptions = {}): Uint8Array {
  const { window: [exponent, eighths] = [10, 0], sizeBytes = 0, dictionaryIdBytes = 0 } = options;
  const { isSingleSegment = false, hasChecksum = false, blockBytes = 128 * 1024 } = options;
  const size = options.size ?? content.length;
  const descriptor =
    (sizeFlags[sizeBytes] << 6) |
    (isSingleSegment ? 0x20 : 0) |
    (hasChecksum ? 4 : 0) |
    dictionaryFlags[dictionaryIdBytes];
  const sizeField = Buffer.alloc(8);
  sizeField.writeBigUInt64LE(BigInt(sizeBytes === 2 ? size - 256 : size));
  const pieces: Uint8Array[] = [
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, descriptor]),
    Buffer.from(isSingleSegment ? [] : [(exponent << 3) | eighths]),
    Buffer.alloc(dictionaryIdBytes, 0),
    sizeField.subarray(0, sizeBytes),
  ];
  for (let start = 0; start === 0 || start < content.length; start += blockBytes) {
    const block = content.subarray(start, start + blockBytes);
    pieces.push(blockHeader(0, block.length, start + blockBytes >= content.length), block);
  }
  if (hasChecksum) pieces.push(Buffer.alloc(4));
  return Buffer.concat(pieces);
}

/** A frame that contains one byte so many times. */
export function repeatedByteFrame(count: number): Uint8Array {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 10 << 3]);
  return Buffer.concat([header, blockHeader(1, count, true), Buffer.from('x')]);
}

export function skippableFrame(content: Uint8Array): Uint8Array {
  const header = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
  header.writeUInt32LE(content.length, 4);
  return Buffer.concat([header, content]);
}

function blockHeader(type: 0 | 1, size: number, isLast: boolean): Uint8Array {
  const header = Buffer.alloc(3);
  header.writeUIntLE((size << 3) | (type << 1) | Number(isLast), 0, 3);
  return header;
}
