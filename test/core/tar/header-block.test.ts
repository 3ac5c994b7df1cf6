// Header blocks as Go's archive/tar reads them.
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import type { TarEntry } from '../../../lambda-src/core/tar/entry.ts';
import { readLastEntry, readTar } from '../../helpers/read-tar.ts';
import { TarWriter, blockBytes, latin1, repairChecksum } from '../../helpers/tar-writer.ts';
import type { HeaderFields } from '../../helpers/tar-writer.ts';

function decode(fields: HeaderFields): TarEntry {
  return readLastEntry(new TarWriter().header(fields));
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** All fields at their full width, to reveal a field that is read from the wrong position or too far. */
const brimfulFields: HeaderFields = {
  name: 'n'.repeat(100),
  mode: '00000001',
  uid: '00000002',
  gid: '00000003',
  size: '000000000004',
  mtime: '000000000005',
  type: '2',
  linkName: 'l'.repeat(100),
  userName: 'u'.repeat(32),
  groupName: 'g'.repeat(32),
  deviceMajor: '00000006',
  deviceMinor: '00000007',
};

const brimful = {
  type: 'symlink',
  linkName: latin1('l'.repeat(100)),
  mode: 1n,
  uid: 2,
  gid: 3,
  uncompressedSize: 4n,
  modificationTime: '1970-01-01T00:00:05Z',
  userName: latin1('u'.repeat(32)),
  groupName: latin1('g'.repeat(32)),
  deviceMajor: 6n,
  deviceMinor: 7n,
  uncompressedOffset: 512,
  paxRecords: [],
};

/** The fields that a zTOC stores, with text in place of bytes. */
function plain(entry: Omit<TarEntry, 'type'> & { readonly type: string }): Record<string, unknown> {
  const fields = Object.entries(entry).filter(([key]) => key !== 'inArchive');
  return Object.fromEntries(
    fields.map(([key, value]) => [key, value instanceof Uint8Array ? text(value) : (value as unknown)]),
  );
}

describe('each field', () => {
  test('of a USTAR header is read from its position, with the prefix before the name', () => {
    const block = new TarWriter()
      .header({ ...brimfulFields, dialect: 'ustar', prefix: 'p'.repeat(155) })
      .bytes();
    block[500] = 0x78; // not part of the prefix
    repairChecksum(block);
    const header = readLastEntry(block);
    const name = latin1(`${'p'.repeat(155)}/${'n'.repeat(100)}`);
    expect(plain(header)).toEqual(plain({ ...brimful, name }));
  });

  test('of a STAR header is read from its position, with the shorter prefix before the name', () => {
    const times = { atime: '000000000010', ctime: '000000000011' };
    const fields: HeaderFields = { ...brimfulFields, dialect: 'star', prefix: 'p'.repeat(131), ...times };
    const block = new TarWriter().header(fields).bytes();
    block[500] = 0x78; // not part of the change time
    repairChecksum(block);
    const header = readLastEntry(block);
    const name = latin1(`${'p'.repeat(131)}/${'n'.repeat(100)}`);
    expect(plain(header)).toEqual(plain({ ...brimful, name }));
  });

  test('of a GNU header is read from its position, and its times are not read as a prefix', () => {
    const times = { atime: '000000000010', ctime: '000000000011' };
    const header = decode({ ...brimfulFields, dialect: 'gnu', ...times });
    expect(plain(header)).toEqual(plain({ ...brimful, name: latin1('n'.repeat(100)) }));
  });

  test('of a V7 header is read from its position, without the fields that USTAR added', () => {
    const header = decode({ ...brimfulFields, dialect: 'v7', deviceMajor: 'no number', prefix: 'prefix' });
    const missing = { userName: latin1(''), groupName: latin1(''), deviceMajor: 0n, deviceMinor: 0n };
    expect(plain(header)).toEqual(plain({ ...brimful, ...missing, name: latin1('n'.repeat(100)) }));
  });
});

test('cuts text at its first NUL', () => {
  const header = decode({ name: 'a\0b', linkName: '\0c', userName: 'u\0', prefix: 'p\0q' });
  expect([header.name, header.linkName, header.userName].map(text)).toEqual(['p/a', '', 'u']);
});

test('adds no slash after an empty prefix', () => {
  expect(text(decode({ name: 'a', prefix: '\0p' }).name)).toBe('a');
});

test('ends the name with a slash if only the prefix is set', () => {
  expect(text(decode({ name: '', prefix: 'p' }).name)).toBe('p/');
});

test('keeps text that is not valid UTF-8', () => {
  expect(decode({ name: '\xff\xfe/caf\xe9' }).name).toEqual(latin1('\xff\xfe/caf\xe9'));
});

test.each<[string, HeaderFields, string]>([
  ['is a path and not a time', { prefix: 'usr/share/doc/some/package' }, 'usr/share/doc/some/package/file'],
  [
    'is a path of which only the first byte is not a time',
    { prefix: 'x000000000000000' },
    'x000000000000000/file',
  ],
  ['is a path of which only the 13th byte is not a time', { prefix: '000000000000x' }, '000000000000x/file'],
  ['is two times', { atime: '00000000000\0', ctime: '00000000001\0' }, 'file'],
  ['is only a change time, and is invalid', { ctime: 'x' }, 'file'],
  ['is two times, then text', { prefix: '12345670123\x0012345670123\0text' }, 'file'],
  ['is one time, and the other starts with NUL', { atime: '000000000000', ctime: '\0no time' }, 'file'],
  ['starts with NUL, and its second half is not a time', { prefix: '\x00123456789ab/cd' }, 'file'],
  ['is a path that is not ASCII', { prefix: 'caf\xe9/' }, 'file'],
  ['is two base-256 times', { atime: -5n, ctime: 5n }, 'file'],
  ['is a base-256 time that is too large', { atime: (1n << 64n) - 1n }, 'file'],
])('uses the prefix field of a GNU header only if it must be a prefix: it %s', (_, fields, name) => {
  expect(text(decode({ ...fields, dialect: 'gnu' }).name)).toBe(name);
});

test.each<[string, string, HeaderFields]>([
  ['USTAR magic without the version is still USTAR', 'u', { dialect: 'ustar' }],
  ['GNU magic with another version is V7', '', { dialect: 'gnu' }],
])('%s', (_, userName, fields) => {
  const block = new TarWriter().header({ ...fields, userName: 'u' }).bytes();
  block.set(latin1('99'), 263);
  repairChecksum(block);
  expect(text(readLastEntry(block).userName)).toBe(userName);
});

test.each(['Ustar\x0000', 'ustar\x01\x00', 'ustaR  \0', 'ustar \0\0', '\0\0\0\0\0\0\0\0'])(
  'magic %p is V7',
  (magic) => {
    const block = new TarWriter().header({ userName: 'u' }).bytes();
    block.set(latin1(magic), 257);
    repairChecksum(block);
    expect(text(readLastEntry(block).userName)).toBe('');
  },
);

test('a STAR trailer is recognized only after USTAR magic', () => {
  const block = new TarWriter().header({ dialect: 'gnu', prefix: 'p'.repeat(155) }).bytes();
  block.set(latin1('tar\0'), 508);
  repairChecksum(block);
  expect(text(readLastEntry(block).name)).toBe(`${'p'.repeat(155)}/file`);
});

describe('the checksum', () => {
  const highBytes = { name: '\xff\xfe\xfd', linkName: '\x80' };

  test('may be a sum of unsigned bytes', () => {
    expect(text(decode(highBytes).name)).toBe('\xff\xfe\xfd');
  });

  test('may be a sum of signed bytes', () => {
    expect(text(decode({ ...highBytes, checksum: 'signed' }).name)).toBe('\xff\xfe\xfd');
  });

  test('as a signed sum includes the bytes next to its field, but not those within it', () => {
    expect(decode({ mtime: -1n, checksum: 'signed' }).inArchive!.time.seconds).toBe(-1n);
    expect(() => decode({ type: '\xff', checksum: 'signed' })).toThrow(/cannot describe an entry of type/);
    const block = new TarWriter().header({ name: '\xff', checksum: 'signed' }).bytes();
    block.set(latin1('\0\xff'), 154);
    expect(text(readLastEntry(block).name)).toBe('\xff');
  });

  // prettier-ignore
  const sumOfFields =
    0x61 + // name: a
    4 * 0x30 + 0x36 + 2 * 0x34 + // mode: 0000644
    2 * 7 * 0x30 + // uid, gid: 0000000
    2 * 11 * 0x30 + // size, mtime: 00000000000
    8 * 0x20 + // checksum: eight spaces
    0x30 + // type: 0
    0x75 + 0x73 + 0x74 + 0x61 + 0x72 + 2 * 0x30; // magic and version: ustar, NUL, 00

  test.each([
    [sumOfFields.toString(8).padStart(6, '0') + '\0 ', true],
    [`  ${sumOfFields.toString(8)} \0`, true],
    [`${sumOfFields.toString(8)}\0xyz`, true],
    [sumOfFields.toString(8).padStart(8, '0'), true],
    [(sumOfFields + 1).toString(8), false],
    [(sumOfFields - 1).toString(8), false],
    ['', false],
    ['99999999', false],
    // The correct sum, but in base-256.
    [`\x80\0\0\0\0\0${String.fromCharCode(sumOfFields >> 8, sumOfFields & 0xff)}`, false],
  ])('in a field of %p is valid: %p', (field, passes) => {
    const act = (): TarEntry => decode({ name: 'a', checksum: { field } });
    if (passes) {
      expect(text(act().name)).toBe('a');
    } else {
      expect(act).toThrow(FormatError);
    }
  });

  test.each([0, 99, 147, 156, 300, 511])('detects a flipped bit in byte %i', (at) => {
    const block = new TarWriter().header({}).bytes();
    block[at]! ^= 1;
    const archive = Buffer.concat([...Array<Uint8Array>(8).fill(new TarWriter().header({}).bytes()), block]);
    expect(() => readTar(archive)).toThrow(/not a tar header.*checksum.*\(at byte 4096\)$/);
  });
});

test.each<[string, HeaderFields]>([
  ['size', { size: '12x' }],
  ['mode', { mode: '8' }],
  ['uid', { uid: '-1' }],
  ['gid', { gid: '1 2' }],
  ['mtime', { mtime: 'yesterday' }],
  ['devmajor', { deviceMajor: 'x' }],
  ['devminor', { deviceMinor: 'x' }],
  ['devmajor', { deviceMajor: 'x', dialect: 'gnu' }],
  ['atime', { atime: 'x', dialect: 'star' }],
  ['ctime', { ctime: 'x', dialect: 'star' }],
  ['size', { size: (1n << 63n) | (1n << 94n), dialect: 'gnu' }],
])('rejects a field %s that is not a number, whatever the type', (field, fields) => {
  for (const type of ['0', '5', 'x']) {
    expect(() => decode({ name: 'etc/a', type, ...fields })).toThrow(
      new RegExp(`^tar: entry "etc/a": its ${field} field is not a number: ".*" \\(at byte 0\\)$`),
    );
  }
});

test('shows the content of the invalid field in the error', () => {
  expect(() => decode({ size: '00000000012x' })).toThrow(
    'tar: entry "file": its size field is not a number: "00000000012x" (at byte 0)',
  );
});

test('a block is zero only if all its bytes are zero', () => {
  const block = new Uint8Array(blockBytes);
  expect(readTar(block)).toMatchObject({ end: 512 });
  for (const at of [0, 1, 7, 8, 15, 16, 255, 511]) {
    block.fill(0);
    block[at] = 1;
    expect(() => readTar(block)).toThrow(/not a tar header/);
  }
});
