// Assembles gzip members by hand.
// https://www.rfc-editor.org/rfc/rfc1952
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** CRC-32, bit by bit: slow, but obviously correct. */
export function plainCrc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

export function littleEndian(value: number, bytes: 2 | 4): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => (value >>> (8 * index)) & 255);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export interface MemberHeader {
  readonly flags?: number;
  /** The optional fields after the ten fixed bytes. */
  readonly rest?: Uint8Array;
}

export function gzipHeader({ flags = 0, rest = new Uint8Array(0) }: MemberHeader = {}): Uint8Array {
  return concat(Uint8Array.of(0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255), rest);
}

/** A member that wraps a raw DEFLATE stream; `data` is the inflated data. */
export function gzipMember(deflated: Uint8Array, data?: Uint8Array, header?: MemberHeader): Uint8Array {
  const inflated = data ?? new Uint8Array(inflateRawSync(deflated));
  return concat(
    gzipHeader(header),
    deflated,
    littleEndian(plainCrc32(inflated), 4),
    littleEndian(inflated.length % 2 ** 32, 4),
  );
}

/** A simple member with this data. */
export function gzipOf(data: Uint8Array, level = 6): Uint8Array {
  return gzipMember(new Uint8Array(deflateRawSync(data, { level })), data);
}
