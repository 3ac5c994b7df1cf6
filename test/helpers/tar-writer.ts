// Assembles tar archives block by block, including those that no tar program would write: every field can be given as raw
// text, and nothing is checked.

/**
 * Text is written unchanged, one byte per character, and padded with NULs; a number is written as octal text, and a
 * bigint as base-256.
 */
export type FieldValue = string | number | bigint | Uint8Array;

export interface HeaderFields {
  readonly name?: FieldValue;
  readonly mode?: FieldValue;
  readonly uid?: FieldValue;
  readonly gid?: FieldValue;
  readonly size?: FieldValue;
  readonly mtime?: FieldValue;
  /** The signed sum that old tars wrote, or an arbitrary field. By default, the correct checksum. */
  readonly checksum?: 'signed' | { readonly field: FieldValue };
  readonly type?: FieldValue;
  readonly linkName?: FieldValue;
  /** @default 'ustar' */
  readonly dialect?: 'v7' | 'ustar' | 'star' | 'gnu';
  readonly userName?: FieldValue;
  readonly groupName?: FieldValue;
  readonly deviceMajor?: FieldValue;
  readonly deviceMinor?: FieldValue;
  /** In USTAR 155 bytes, in STAR 131. */
  readonly prefix?: FieldValue;
  /** Only in STAR and GNU, each at its own offset. */
  readonly atime?: FieldValue;
  readonly ctime?: FieldValue;
}

export const blockBytes = 512;

export class TarWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** The number of bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** A header block alone; the caller must write the data that its size promises. */
  header(fields: HeaderFields): this {
    return this.raw(encodeHeader(fields));
  }

  /** Bytes without padding. */
  raw(bytes: string | Uint8Array): this {
    const part = typeof bytes === 'string' ? latin1(bytes) : bytes;
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }

  /** Data, padded with zeros to whole blocks. */
  data(content: string | Uint8Array): this {
    this.raw(content);
    return this.raw(new Uint8Array(-this.#length & (blockBytes - 1)));
  }

  /** A header with the size of its data, followed by the data. */
  entry(fields: HeaderFields, content: string | Uint8Array = ''): this {
    return this.header({ size: content.length, ...fields }).data(content);
  }

  /** An `x` entry with these records, valid or not, one after the other. See `paxRecord`. */
  pax(...records: string[]): this {
    return this.entry({ name: 'PaxHeaders.0/entry', type: 'x' }, records.join(''));
  }

  /** A GNU long name, with a final NUL. */
  longName(name: string): this {
    return this.entry({ name: '././@LongLink', type: 'L', dialect: 'gnu' }, `${name}\0`);
  }

  /** A GNU long link name, with a final NUL. */
  longLinkName(name: string): this {
    return this.entry({ name: '././@LongLink', type: 'K', dialect: 'gnu' }, `${name}\0`);
  }

  /** The end marker, two blocks of zeros. */
  end(): this {
    return this.raw(new Uint8Array(2 * blockBytes));
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

/** `27 mtime=1700000000.25\n`, whose length counts its own digits. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (`${length}${rest}`.length !== length) {
    length = `${length}${rest}`.length;
  }
  return `${length}${rest}`;
}

export function latin1(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

function encodeHeader(fields: HeaderFields): Uint8Array {
  const dialect = fields.dialect ?? 'ustar';
  const block = new Uint8Array(blockBytes);
  const put = (value: FieldValue | undefined, start: number, length: number): void => {
    if (value !== undefined) {
      block.set(encodeField(value, length), start);
    }
  };
  put(fields.name ?? 'file', 0, 100);
  put(fields.mode ?? 0o644, 100, 8);
  put(fields.uid ?? 0, 108, 8);
  put(fields.gid ?? 0, 116, 8);
  put(fields.size ?? 0, 124, 12);
  put(fields.mtime ?? 0, 136, 12);
  put(fields.type ?? '0', 156, 1);
  put(fields.linkName, 157, 100);
  if (dialect !== 'v7') {
    put(dialect === 'gnu' ? 'ustar  \0' : 'ustar\x0000', 257, 8);
  }
  put(fields.userName, 265, 32);
  put(fields.groupName, 297, 32);
  put(fields.deviceMajor, 329, 8);
  put(fields.deviceMinor, 337, 8);
  put(fields.prefix, 345, dialect === 'star' ? 131 : 155);
  put(fields.atime, dialect === 'star' ? 476 : 345, 12);
  put(fields.ctime, dialect === 'star' ? 488 : 357, 12);
  if (dialect === 'star') {
    put('tar\0', 508, 4);
  }
  if (typeof fields.checksum === 'object') {
    put(fields.checksum.field, 148, 8);
  } else {
    repairChecksum(block, 0, fields.checksum === 'signed');
  }
  return block;
}

/** Writes the correct checksum into the header block at `offset`. */
export function repairChecksum(archive: Uint8Array, offset = 0, signed = false): void {
  const block = archive.subarray(offset, offset + blockBytes);
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + (signed && byte >= 0x80 ? byte - 0x100 : byte), 0);
  block.set(latin1(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
}

function encodeField(value: FieldValue, length: number): Uint8Array {
  if (typeof value === 'string') {
    return latin1(value).subarray(0, length);
  }
  if (typeof value === 'number') {
    return latin1(value.toString(8).padStart(length - 1, '0'));
  }
  return typeof value === 'bigint' ? encodeBase256(value, length) : value;
}

function encodeBase256(value: bigint, length: number): Uint8Array {
  const field = new Uint8Array(length);
  let rest = value;
  for (let at = length - 1; at >= 0; at--) {
    field[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  // The marker of the encoding; a negative number already has it.
  field[0]! |= 0x80;
  return field;
}
