import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { encodeTarHeader, readTarMembers, type TarMember } from '../../lambda-src/content/tar-members.ts';
import { FormatError } from '../../lambda-src/core/errors.ts';
import { gzipOf } from '../helpers/gzip.ts';
import { paxRecord, repairChecksum, TarWriter } from '../helpers/tar-writer.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const folder = makeTemporaryFolder();
let files = 0;

async function readMembersOf(bytes: Uint8Array): Promise<ReadonlyMap<string, TarMember>> {
  const path = join(folder, `${files++}.tar`);
  writeFileSync(path, bytes);
  return readMembersAt(path);
}

async function readMembersAt(path: string): Promise<ReadonlyMap<string, TarMember>> {
  const file = await open(path);
  try {
    return await readTarMembers(file);
  } finally {
    await file.close();
  }
}

const plain = () => new TarWriter().entry({ name: 'oci-layout' }, '{}').entry({ name: 'index.json' }, 'abc');

describe('the member table of a tar', () => {
  test('contains each file with the offset of its data, but no directories', async () => {
    const tar = new TarWriter()
      .entry({ name: './', type: '5' })
      .entry({ name: './blobs/', type: '5' })
      .entry({ name: './blobs/a' }, 'x'.repeat(513))
      .entry({ name: 'b', type: '\0' }, 'y')
      .entry({ name: 'c' })
      .end();
    expect([...(await readMembersOf(tar.bytes()))]).toEqual([
      ['blobs/a', { offset: 1536, size: 513 }],
      ['b', { offset: 3072, size: 1 }],
      ['c', { offset: 4096, size: 0 }],
    ]);
  });

  test('supports PAX paths and sizes, GNU long names, and prefixes', async () => {
    const long = `${'d'.repeat(90)}/${'e'.repeat(90)}`;
    const tar = new TarWriter()
      .entry({ name: 'pax_global_header', type: 'g' }, paxRecord('comment', 'any'))
      .pax(paxRecord('path', long), paxRecord('size', '3'), paxRecord('mtime', '1.5'))
      .header({ name: 'short', size: 0 })
      .data('abc')
      .longName(`${long}2`)
      .entry({ name: 'cut', dialect: 'gnu' }, 'de')
      .entry({ name: 'name', prefix: 'prefix' }, 'f')
      .entry({ name: 'other', dialect: 'gnu', atime: 0o7777 }, 'g')
      .end();
    const members = await readMembersOf(tar.bytes());
    expect([...members].map(([path, { size }]) => [path, size])).toEqual([
      [long, 3],
      [`${long}2`, 2],
      ['prefix/name', 1],
      ['other', 1],
    ]);
  });

  test("matches GNU tar's list in each of its formats", async () => {
    const source = join(folder, 'source');
    mkdirSync(join(source, 'blobs', 'sha256'), { recursive: true });
    writeFileSync(join(source, 'blobs', 'sha256', 'a'.repeat(64)), 'content');
    writeFileSync(join(source, 'index.json'), 'x'.repeat(2000));
    for (const format of ['gnu', 'pax', 'ustar', 'v7']) {
      const path = join(folder, `${format}.tar`);
      const { status } = spawnSync('tar', ['-C', source, `--format=${format}`, '-cf', path, '.']);
      expect(status).toBe(0);
      const members = await readMembersAt(path);
      expect([...members.keys()].toSorted()).toEqual([`blobs/sha256/${'a'.repeat(64)}`, 'index.json']);
      expect(members.get('index.json')?.size).toBe(2000);
    }
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /is truncated/],
    ['a missing end marker', plain().bytes(), /is truncated: the end marker is missing/],
    [
      'a truncated header',
      plain().end().bytes().subarray(0, 1300),
      /is truncated: the end marker is missing/,
    ],
    [
      'a truncated file',
      new TarWriter().entry({ name: 'a' }, 'x'.repeat(2000)).bytes().subarray(0, 1024),
      /is truncated: "a" has 2000 bytes and extends beyond the end/,
    ],
    [
      'a size beyond the end',
      new TarWriter()
        .header({ name: 'a', size: 1n << 60n })
        .end()
        .bytes(),
      /the size in a header is invalid/,
    ],
    ['a negative size', new TarWriter().header({ name: 'a', size: -512n }).end().bytes(), /invalid/],
    [
      'a wrong checksum',
      new TarWriter()
        .entry({ name: 'a', checksum: { field: '0000000' } })
        .end()
        .bytes(),
      /checksum/,
    ],
    ['text', Buffer.from('not a tar. '.repeat(200)), /checksum/],
    ['gzip', gzipOf(plain().end().bytes()), /compressed with gzip.*gunzip/],
    ['zstd', Buffer.concat([Buffer.from('28b52ffd', 'hex'), Buffer.alloc(600)]), /compressed with zstd/],
    [
      'a symbolic link',
      plain().entry({ name: 'a', type: '2', linkName: 'b' }).end().bytes(),
      /"a" is a link/,
    ],
    ['a hard link', plain().entry({ name: 'a', type: '1', linkName: 'b' }).end().bytes(), /"a" is a link/],
    [
      'a long link',
      plain().longLinkName('x'.repeat(200)).entry({ name: 'a', type: '2' }).end().bytes(),
      /is a link/,
    ],
    ['a device', plain().entry({ name: 'a', type: '3' }).end().bytes(), /"a" is a special file/],
    [
      'a sparse file',
      plain().pax(paxRecord('GNU.sparse.major', '1')).entry({ name: 'a' }).end().bytes(),
      /sparse/,
    ],
    [
      'an absolute path',
      plain().entry({ name: '/etc/passwd' }).end().bytes(),
      /"\/etc\/passwd" points outside the archive/,
    ],
    [
      'a path out of it',
      plain().entry({ name: 'blobs/../../x' }).end().bytes(),
      /points outside the archive/,
    ],
    [
      'a path outside the archive',
      plain().entry({ name: 'blobs/../../x' }).end().bytes(),
      /points outside the archive/,
    ],
    [
      'a PAX path outside the archive',
      plain().pax(paxRecord('path', '../x')).entry({ name: 'a' }).end().bytes(),
      /points outside the archive/,
    ],
    [
      'a directory outside the archive',
      plain().entry({ name: '../x/', type: '5' }).end().bytes(),
      /points outside the archive/,
    ],
    ['an empty name', plain().entry({ name: '' }).end().bytes(), /a file has no name/],
    [
      'a repeated file',
      plain().entry({ name: './index.json' }, 'other').end().bytes(),
      /"\.\/index\.json" twice/,
    ],
    [
      'a malformed PAX record',
      plain().pax('999 path=a\n').entry({ name: 'a' }).end().bytes(),
      /PAX record is malformed/,
    ],
    [
      'a PAX record without a length',
      plain().pax('path=a\n').entry({ name: 'a' }).end().bytes(),
      /PAX record is malformed/,
    ],
    [
      'a PAX size that is not a number',
      plain().pax(paxRecord('size', '-1')).entry({ name: 'a' }).end().bytes(),
      /size in a PAX record/,
    ],
    [
      '2 MiB of PAX records',
      plain()
        .entry({ name: 'p', type: 'x' }, 'x'.repeat(2 << 20))
        .end()
        .bytes(),
      /bytes of metadata/,
    ],
  ])('is rejected for %s', async (_title, bytes, sentence) => {
    const read = readMembersOf(bytes);
    await expect(read).rejects.toThrow(FormatError);
    await expect(read).rejects.toThrow(sentence);
  });

  test('includes the byte offset in the error, and escapes control characters', async () => {
    const read = readMembersOf(plain().entry({ name: 'a\u001b[2J', type: '2' }).end().bytes());
    await expect(read).rejects.toThrow(
      'archive: "a\\u001b[2J" is a link: an OCI image layout contains only regular files (at byte 2048)',
    );
  });

  test('is rejected for a symbolic link written by GNU tar', async () => {
    const source = join(folder, 'linked');
    mkdirSync(source);
    symlinkSync('/etc/passwd', join(source, 'index.json'));
    const path = join(folder, 'linked.tar');
    expect(spawnSync('tar', ['-C', source, '-cf', path, '.']).status).toBe(0);
    await expect(readMembersAt(path)).rejects.toThrow(/is a link/);
  });
});

describe('an encoded header', () => {
  test.each([0, 1, 511, 8 ** 11 - 1, 8 ** 11, 2 ** 40 + 7])('contains a file size of %d bytes', (size) => {
    const header = Buffer.from(encodeTarHeader('blobs/sha256/x', size));
    const expected = Buffer.from(header);
    repairChecksum(expected);
    expect(header.equals(expected)).toBe(true);
    expect(header.toString('latin1', 0, 15)).toBe('blobs/sha256/x\0');
    const field = header.subarray(124, 136);
    const read =
      field[0] === 0x80 ? Number(BigInt(`0x${field.toString('hex', 1)}`)) : parseInt(field.toString(), 8);
    expect(read).toBe(size);
  });
});

describe('what a reader accepts at its limits', () => {
  const limit = 1 << 20;
  const withMetadata = (size: number) =>
    new TarWriter()
      .entry({ name: 'p', type: 'x' }, paxRecord('comment', 'x'.repeat(size - '1048576 comment=\n'.length)))
      .entry({ name: 'a' }, 'abc')
      .end()
      .bytes();

  test('accepts metadata of 1 MiB, and refuses one byte more', async () => {
    expect([...(await readMembersOf(withMetadata(limit)))]).toEqual([
      ['a', { offset: 512 + limit + 512, size: 3 }],
    ]);
    await expect(readMembersOf(withMetadata(limit + 1))).rejects.toMatchObject({ offset: 0 });
  });

  test('refuses the member after the hundred thousandth', async () => {
    const one = Buffer.from(new TarWriter().header({ name: 'p', type: 'g' }).bytes());
    const many = Buffer.concat(Array.from({ length: 100_001 }, () => one));
    await expect(readMembersOf(many)).rejects.toMatchObject({
      offset: 100_000 * 512,
      problem: expect.stringContaining('100000 members'),
    });
  });

  test('accepts a file that ends where the tar must have its end marker, and no less', async () => {
    const tar = new TarWriter().entry({ name: 'a' }, 'x'.repeat(512)).raw(new Uint8Array(512)).bytes();
    expect([...(await readMembersOf(tar))]).toEqual([['a', { offset: 512, size: 512 }]]);
    const cut = new TarWriter().entry({ name: 'a' }, 'x'.repeat(512)).bytes();
    await expect(readMembersOf(cut)).rejects.toMatchObject({ offset: 1024 });
    await expect(readMembersOf(cut.subarray(0, 1023))).rejects.toMatchObject({ offset: 0 });
  });

  test('reads nothing behind the end marker', async () => {
    const tar = Buffer.concat([plain().end().bytes(), Buffer.from('not a header'.repeat(100))]);
    expect([...(await readMembersOf(tar)).keys()]).toEqual(['oci-layout', 'index.json']);
  });
});

describe('a size', () => {
  test.each<readonly [string, string | bigint]>([
    ['in base 256', 3n],
    ['with spaces around it', '        3 \0'],
    ['that ends with a space', '00000000003 '],
    ['without leading zeros', '3'],
  ])('is read %s', async (_title, size) => {
    const tar = new TarWriter().header({ name: 'a', size }).data('abc').end().bytes();
    expect((await readMembersOf(tar)).get('a')).toEqual({ offset: 512, size: 3 });
  });

  test('is zero in an empty field', async () => {
    const tar = new TarWriter().header({ name: 'a', size: '' }).end().bytes();
    expect((await readMembersOf(tar)).get('a')).toEqual({ offset: 512, size: 0 });
  });

  test.each<readonly [string, string | bigint]>([
    ['digits that are not octal', '00000000008'],
    ['letters', 'abc'],
    ['a sign', '-1'],
    ['more bytes than a number holds exactly', 1n << 53n],
  ])('is refused with %s', async (_title, size) => {
    const tar = plain().header({ name: 'a', size }).end().bytes();
    await expect(readMembersOf(tar)).rejects.toMatchObject({
      offset: 2048,
      problem: 'the size in a header is invalid',
    });
  });

  test('may need the last of its base-256 bits: 8 PiB less one byte is only beyond the end', async () => {
    const tar = plain()
      .header({ name: 'a', size: (1n << 53n) - 1n })
      .end()
      .bytes();
    await expect(readMembersOf(tar)).rejects.toThrow(/truncated: "a" has 9007199254740991 bytes/);
  });
});

describe('a checksum', () => {
  test.each(['', '        ', '0x00', '1.', 'zzzzzz'])('that is %j is refused', async (field) => {
    const tar = new TarWriter().entry({ name: 'a', checksum: { field } }, 'abc').end().bytes();
    await expect(readMembersOf(tar)).rejects.toMatchObject({
      offset: 0,
      problem: expect.stringMatching(/checksum/),
    });
  });

  test('may be followed by other characters than those of the specification', async () => {
    const tar = Buffer.from(plain().end().bytes());
    const sum = tar.toString('latin1', 148, 154);
    for (const field of [`${sum} \0`, ` ${sum}\0`, `00${sum}`, `${sum}\0x`]) {
      tar.write(field, 148, 'latin1');
      expect((await readMembersOf(tar)).size).toBe(2);
    }
  });

  test.each([147, 156])('covers byte %i, beside its own field', async (position) => {
    const tar = Buffer.from(plain().end().bytes());
    tar[position]! ^= 1;
    await expect(readMembersOf(tar)).rejects.toMatchObject({ offset: 0 });
  });
});

describe('a PAX header', () => {
  const read = (...records: string[]) =>
    readMembersOf(
      new TarWriter()
        .pax(...records)
        .entry({ name: 'plain' }, 'abc')
        .entry({ name: 'next' }, 'defg')
        .end()
        .bytes(),
    );

  test('counts for the next file only', async () => {
    const members = await read(paxRecord('path', 'renamed'), paxRecord('size', '3'));
    expect([...members].map(([path, { size }]) => [path, size])).toEqual([
      ['renamed', 3],
      ['next', 4],
    ]);
  });

  test('has values that contain any character, "=" included, and lengths in bytes', async () => {
    expect([...(await read(paxRecord('path', 'a=b'))).keys()]).toEqual(['a=b', 'next']);
    const record = Buffer.from('11 path=ä\n').toString('latin1');
    expect([...(await read(record, paxRecord('comment', 'x'))).keys()]).toEqual(['ä', 'next']);
  });

  test('does not change metadata that follows it', async () => {
    const tar = new TarWriter()
      .pax(paxRecord('path', 'renamed'), paxRecord('size', '3'))
      .entry({ name: 'global', type: 'g' }, paxRecord('comment', 'twelve bytes'))
      .header({ name: 'short', size: 0 })
      .data('abc')
      .end()
      .bytes();
    expect([...(await readMembersOf(tar))].map(([path, { size }]) => [path, size])).toEqual([['renamed', 3]]);
  });

  test('adds to a GNU long name, and a later header wins', async () => {
    const tar = new TarWriter()
      .longName('long')
      .pax(paxRecord('size', '3'))
      .header({ name: 'short', size: 0 })
      .data('abc')
      .pax(paxRecord('path', 'first'))
      .pax(paxRecord('path', 'second'))
      .entry({ name: 'other' }, 'de')
      .end()
      .bytes();
    expect([...(await readMembersOf(tar))].map(([path, { size }]) => [path, size])).toEqual([
      ['long', 3],
      ['second', 2],
    ]);
  });

  test.each([
    ['an empty key', '5 =a\n'],
    ['no key', '6 abc\n'],
    ['no line break at its end', '8 path=ax'],
    ['no length', ' path=a\n'],
    ['a length of eight digits', '00000016 path=a\n'],
    ['a length that is too short', '7 path=a\n'],
    ['a length beyond the header', '11 path=a\n'],
    ['a length of zero', '0 path=a\n'],
    ['something behind the last record', '9 path=a\nx'],
  ])('with %s is refused', async (_title, record) => {
    await expect(read(record)).rejects.toMatchObject({ offset: 0, problem: 'a PAX record is malformed' });
  });

  test.each(['-1', '', '3.0', '0x3', '1'.repeat(16)])('with the size %j is refused', async (size) => {
    await expect(read(paxRecord('size', size))).rejects.toMatchObject({
      offset: 0,
      problem: 'the size in a PAX record is invalid',
    });
  });

  test('with a size of fifteen digits is read: the file is only beyond the end', async () => {
    await expect(read(paxRecord('size', '9'.repeat(15)))).rejects.toThrow(
      /truncated: "plain" has 999999999999999 bytes/,
    );
  });

  test('with a length of seven digits is read', async () => {
    expect([...(await read('0000015 path=a\n')).keys()]).toEqual(['a', 'next']);
  });
});

describe('a path', () => {
  test.each([
    ['./a', 'a'],
    ['a//b', 'a/b'],
    ['a/./b', 'a/b'],
    ['..a/b..', '..a/b..'],
  ])('%s is %s', async (name, path) => {
    expect([...(await readMembersOf(new TarWriter().entry({ name }, 'x').end().bytes())).keys()]).toEqual([
      path,
    ]);
  });

  test.each(['/', '/a', '..', 'a/..', './../a'])('%s leads out of the tar', async (name) => {
    const tar = plain().entry({ name }, 'x').end().bytes();
    await expect(readMembersOf(tar)).rejects.toMatchObject({
      offset: 2048,
      problem: expect.stringContaining('points outside the archive'),
    });
  });

  test('with a NUL in a PAX record is refused', async () => {
    const tar = plain().pax(paxRecord('path', 'a\0b')).entry({ name: 'a' }).end().bytes();
    await expect(readMembersOf(tar)).rejects.toThrow(/the name "a\S*b" contains a NUL byte/);
  });

  test('that ends with a slash is a directory, as old tars wrote it', async () => {
    const tar = plain().entry({ name: 'blobs/' }).entry({ name: 'blobs' }, 'x').end().bytes();
    expect([...(await readMembersOf(tar)).keys()]).toEqual(['oci-layout', 'index.json', 'blobs']);
  });

  test('of a directory may come twice, that of a file not', async () => {
    const twice = new TarWriter().entry({ name: 'd/', type: '5' }).entry({ name: 'd', type: '5' });
    expect((await readMembersOf(twice.end().bytes())).size).toBe(0);
  });

  test('takes all 100 bytes of a name and 155 of a prefix', async () => {
    const [name, prefix] = ['n'.repeat(100), 'p'.repeat(155)];
    const tar = new TarWriter()
      .entry({ name, prefix }, 'x')
      .entry({ name, dialect: 'v7' }, 'y')
      .end()
      .bytes();
    expect([...(await readMembersOf(tar)).keys()]).toEqual([`${prefix}/${name}`, name]);
  });
});

test.each([
  ['0', 'a file'],
  ['\0', 'a file'],
  ['7', 'a file'],
  ['1', 'a link'],
  ['2', 'a link'],
  ['K', 'a link'],
  ['3', 'a special file'],
  ['4', 'a special file'],
  ['6', 'a special file'],
  ['S', 'a special file'],
  ['X', 'a special file'],
])('a member of type %j is %s', async (type, kind) => {
  const read = readMembersOf(plain().entry({ name: 'a', type }).end().bytes());
  if (kind === 'a file') expect((await read).get('a')).toEqual({ offset: 2560, size: 0 });
  else
    await expect(read).rejects.toMatchObject({
      offset: 2048,
      problem: expect.stringContaining(`"a" is ${kind}`),
    });
});

describe('a compressed tar', () => {
  test.each([
    ['gzip', '1f8b', 'gunzip FILE'],
    ['zstd', '28b52ffd', 'zstd -d FILE'],
    ['xz', 'fd377a585a', 'unxz FILE'],
    ['bzip2', '425a68', 'bunzip2 FILE'],
  ])('is refused with the command that decompresses it: %s', async (name, magic, command) => {
    const bytes = Buffer.concat([Buffer.from(magic, 'hex'), Buffer.alloc(600, 1)]);
    await expect(readMembersOf(bytes)).rejects.toThrow(`compressed with ${name}`);
    await expect(readMembersOf(bytes)).rejects.toThrow(command);
    // A part of the magic number is not enough.
    const other = Buffer.from(bytes);
    other[magic.length / 2 - 1]! ^= 1;
    await expect(readMembersOf(other)).rejects.toThrow(/checksum/);
  });

  test('is recognized if it is smaller than a header', async () => {
    await expect(readMembersOf(Buffer.from('1f8b08', 'hex'))).rejects.toThrow('compressed with gzip');
  });

  test('is not mistaken for one in the name of a later member', async () => {
    const tar = plain().entry({ name: 'BZh' }, 'x').end().bytes();
    expect((await readMembersOf(tar)).has('BZh')).toBe(true);
  });
});

test.each<readonly [number, 'ustar' | 'gnu', number | bigint]>([
  [0, 'ustar', 0],
  [1300, 'ustar', 1300],
  [8 ** 11 - 1, 'ustar', 8 ** 11 - 1],
  [8 ** 11, 'gnu', BigInt(8 ** 11)],
  [2 ** 45 + 7, 'gnu', BigInt(2 ** 45 + 7)],
])('the header of a file of %d bytes is that of a plain file in the %s format', (bytes, dialect, size) => {
  const name = `blobs/sha256/${'a'.repeat(64)}`;
  const expected = new TarWriter().header({ name, size, dialect }).bytes();
  expect(Buffer.from(encodeTarHeader(name, bytes)).toString('hex')).toBe(
    Buffer.from(expected).toString('hex'),
  );
});
