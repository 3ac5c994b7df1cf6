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
    ['nothing', new Uint8Array(0), /cut off/],
    ['a missing end marker', plain().bytes(), /ends without an end marker/],
    ['a truncated header', plain().end().bytes().subarray(0, 1300), /ends without an end marker/],
    [
      'a truncated file',
      new TarWriter().entry({ name: 'a' }, 'x'.repeat(2000)).bytes().subarray(0, 1024),
      /"a" has 2000 bytes, .*cut off/,
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
      /"\/etc\/passwd" would lie outside/,
    ],
    [
      'a path outside the archive',
      plain().entry({ name: 'blobs/../../x' }).end().bytes(),
      /would lie outside/,
    ],
    [
      'a PAX path outside the archive',
      plain().pax(paxRecord('path', '../x')).entry({ name: 'a' }).end().bytes(),
      /would lie outside/,
    ],
    [
      'a directory outside the archive',
      plain().entry({ name: '../x/', type: '5' }).end().bytes(),
      /would lie outside/,
    ],
    ['an empty name', plain().entry({ name: '' }).end().bytes(), /would lie outside/],
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
      'archive: "a\\u001b[2J" is a link: an OCI image layout has plain files only (at byte 2048)',
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
