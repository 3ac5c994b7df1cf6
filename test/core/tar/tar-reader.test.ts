// Whole archives as Go's archive/tar reads them.
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import { TarReader } from '../../../lambda-src/core/tar/tar-reader.ts';
import { readTar } from '../../helpers/read-tar.ts';
import { TarWriter, blockBytes, paxRecord } from '../../helpers/tar-writer.ts';
import type { HeaderFields } from '../../helpers/tar-writer.ts';

interface ReadEntry {
  name: string;
  type: string;
  offset: number;
  size: bigint;
  linkName: string;
  mode: bigint;
  uid: number;
  gid: number;
  userName: string;
  groupName: string;
  time: string;
  device: [bigint, bigint];
  records: [string, string][];
}

interface ReadArchive {
  entries: ReadEntry[];
  end: number;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function readInPieces(archive: Uint8Array, pieceBytes: number): ReadArchive {
  const { entries, end } = readTar(archive, pieceBytes);
  return {
    entries: Array.from(entries, (entry) => ({
      name: text(entry.name),
      type: entry.type,
      offset: entry.uncompressedOffset,
      size: entry.uncompressedSize,
      linkName: text(entry.linkName),
      mode: entry.mode,
      uid: entry.uid,
      gid: entry.gid,
      userName: text(entry.userName),
      groupName: text(entry.groupName),
      time: entry.modificationTime,
      device: [entry.deviceMajor, entry.deviceMinor],
      records: entry.paxRecords.map(({ key, value }) => [text(key), text(value)]),
    })),
    end,
  };
}

/** Reads the archive whole, one byte at a time, and in pieces of one block plus one byte. All must give the same result or error. */
function read(writer: TarWriter | Uint8Array): ReadArchive {
  const archive = writer instanceof TarWriter ? writer.bytes() : writer;
  const attempt = (pieceBytes: number): ReadArchive | FormatError => {
    try {
      return readInPieces(archive, pieceBytes);
    } catch (error) {
      if (error instanceof FormatError) {
        return error;
      }
      throw error;
    }
  };
  const whole = attempt(Math.max(archive.length, 1));
  for (const pieceBytes of archive.length > 100_000 ? [4099] : [1, 513]) {
    expect(attempt(pieceBytes)).toEqual(whole);
  }
  if (whole instanceof FormatError) {
    throw whole;
  }
  return whole;
}

function readOne(writer: TarWriter): ReadEntry {
  const { entries } = read(writer);
  expect(entries).toHaveLength(1);
  return entries[0]!;
}

function names(writer: TarWriter): string[] {
  return read(writer).entries.map(({ name }) => name);
}

test('lists the entries of an archive, each with the offset of its data', () => {
  const writer = new TarWriter()
    .entry({ name: './', type: '5', mode: 0o755, mtime: 1700000000 })
    .entry(
      {
        name: './etc/a',
        mode: 0o100644,
        uid: 1000,
        gid: 1001,
        mtime: 1700000001,
        userName: 'user',
        groupName: 'group',
      },
      'hello\n',
    )
    .entry({ name: './etc/b', type: '2', linkName: '/etc/a', mode: 0o777 })
    .entry({ name: './dev/c', type: '3', deviceMajor: 5, deviceMinor: 1 })
    .end();
  const root = { userName: '', groupName: '', uid: 0, gid: 0, linkName: '', device: [0n, 0n], records: [] };
  const epoch = '1970-01-01T00:00:00Z';
  expect(read(writer)).toEqual({
    entries: [
      { ...root, name: './', type: 'dir', offset: 512, size: 0n, mode: 0o755n, time: '2023-11-14T22:13:20Z' },
      {
        name: './etc/a',
        type: 'reg',
        offset: 1024,
        size: 6n,
        linkName: '',
        mode: 0o100644n,
        uid: 1000,
        gid: 1001,
        userName: 'user',
        groupName: 'group',
        time: '2023-11-14T22:13:21Z',
        device: [0n, 0n],
        records: [],
      },
      {
        ...root,
        name: './etc/b',
        type: 'symlink',
        offset: 2048,
        size: 0n,
        linkName: '/etc/a',
        mode: 0o777n,
        time: epoch,
      },
      {
        ...root,
        name: './dev/c',
        type: 'char',
        offset: 2560,
        size: 0n,
        mode: 0o644n,
        device: [5n, 1n],
        time: epoch,
      },
    ],
    end: 3584,
  });
});

describe('the end of an archive', () => {
  const oneFile = (content = ''): TarWriter => new TarWriter().entry({}, content);
  const zeros = new Uint8Array(blockBytes);

  test.each<[string, TarWriter, number, number]>([
    ['empty input', new TarWriter(), 0, 0],
    ['only the end marker', new TarWriter().end(), 0, 1024],
    ['only one zero block', new TarWriter().raw(zeros), 0, 512],
    ['a file and the end marker', oneFile('x').end(), 1, 2048],
    ['the end marker, then padding and garbage', oneFile('x').end().raw(zeros).raw('rubbish'), 1, 2048],
    ['a file and one zero block', oneFile('x').raw(zeros), 1, 1536],
    ['no end marker', oneFile('x'), 1, 1024],
    ['no end marker after a header', oneFile(), 1, 512],
    ['data without padding', new TarWriter().header({ size: 5 }).raw('hello'), 1, 517],
    [
      'data with incomplete padding',
      new TarWriter().header({ size: 5 }).raw('hello').raw(zeros.subarray(0, 100)),
      1,
      617,
    ],
    ['a PAX header without an entry', oneFile().pax(paxRecord('path', 'a')), 1, 1536],
    ['a PAX header without padding', new TarWriter().header({ type: 'x', size: 6 }).raw('6 k=v\n'), 0, 518],
    ['a long name without an entry', oneFile().longName('a').end(), 1, 2560],
  ])('is found: %s', (_, writer, entryCount, end) => {
    const archive = read(writer);
    expect(archive.entries).toHaveLength(entryCount);
    expect(archive.end).toBe(end);
  });

  test('is detected as soon as the second zero block is complete', () => {
    const reader = new TarReader();
    reader.push(zeros);
    reader.push(zeros.subarray(1));
    expect(reader.ended).toBe(false);
    reader.push(zeros.subarray(0, 1));
    expect(reader.ended).toBe(true);
    reader.push(new TarWriter().header({}).bytes());
    expect(reader.finish().end).toBe(1024);
  });

  test.each<[string, TarWriter, string, number]>([
    ['a header, after 511 bytes', oneFile().raw(zeros.subarray(0, 511)), '511 bytes of a header block', 512],
    ['a header, after one byte', new TarWriter().raw('x'), '1 bytes of a header block', 0],
    [
      'a header, one byte after a zero block',
      new TarWriter().raw(zeros).raw('\0'),
      '1 bytes of a header block',
      512,
    ],
    ['data, before its first byte', new TarWriter().header({ size: 1 }), '0 of its 1 bytes', 0],
    [
      'data, before its last byte',
      oneFile().header({ size: 600 }).raw('x'.repeat(599)),
      '599 of its 600 bytes',
      512,
    ],
    [
      'a PAX header, before its last byte',
      new TarWriter().header({ type: 'x', size: 7 }).raw('6 k=v\n'),
      '6 of its 7 bytes',
      0,
    ],
    [
      'data of an impossible size',
      new TarWriter().header({ size: (1n << 63n) - 1n }).raw(zeros),
      '512 of its 9223372036854775807 bytes',
      0,
    ],
  ])('is an error within %s', (_, writer, found, offset) => {
    expect(() => read(writer)).toThrow(FormatError);
    expect(() => read(writer)).toThrow(`the archive ends after ${found} (at byte ${offset})`);
  });

  test('is an error if data follows a single zero block', () => {
    expect(() => read(new TarWriter().raw(zeros).header({}).end())).toThrow(
      /a single block of zeros.*\(at byte 512\)$/,
    );
  });
});

describe('entry types', () => {
  test.each([
    ['0', 'a', 'reg'],
    ['0', 'a/', 'reg'],
    ['\0', 'a', 'reg'],
    ['\0', 'a/', 'dir'],
    ['\0', '', 'reg'],
    ['1', 'a', 'hardlink'],
    ['2', 'a', 'symlink'],
    ['3', 'a', 'char'],
    ['4', 'a', 'block'],
    ['5', 'a', 'dir'],
    ['6', 'a', 'fifo'],
  ])('%p with the name %p is %s', (type, name, expected) => {
    for (const dialect of ['v7', 'ustar', 'star', 'gnu'] as const) {
      expect(readOne(new TarWriter().entry({ type, name, dialect }).end()).type).toBe(expected);
    }
  });

  test.each(['7', '8', '/', 'A', 'D', 'M', 'N', 'V', 'X', 'S', 'g', '\x01', '\xff'])(
    '%p is rejected',
    (type) => {
      expect(() => read(new TarWriter().entry({ name: 'odd', type }).end())).toThrow(
        /^tar: entry "odd": a SOCI index cannot describe .* \(at byte 0\)$/,
      );
    },
  );

  test('an unsupported type is named in the error', () => {
    const problem = (type: string): string => {
      try {
        read(new TarWriter().entry({ type }).end());
        return '';
      } catch (error) {
        return (error as FormatError).problem;
      }
    };
    expect(problem('g')).toContain("a PAX global header (type 'g', as `git archive` writes it)");
    expect(problem('S')).toContain('a sparse file in the old GNU format');
    expect(problem('7')).toContain('an entry of type "7"');
  });

  test.each(['1', '2', '3', '4', '5', '6'])('%p has no data, but keeps its size', (type) => {
    const writer = new TarWriter()
      .header({ type, size: 5000 })
      .header({ type, size: -7n })
      .entry({}, 'x')
      .end();
    expect(read(writer).entries.map(({ offset, size }) => [offset, size])).toEqual([
      [512, 5000n],
      [1024, -7n],
      [1536, 1n],
    ]);
  });

  test('a V7 directory has no data, but keeps its size', () => {
    const writer = new TarWriter().header({ type: '\0', name: 'a/', size: 5000 }).entry({}, 'x').end();
    expect(read(writer).entries.map(({ type, size }) => [type, size])).toEqual([
      ['dir', 5000n],
      ['reg', 1n],
    ]);
  });

  test.each(['0', '\0', 'x', 'L', '7'])('%p with a negative size is rejected', (type) => {
    expect(() => read(new TarWriter().header({ name: 'a/', type, size: -1n }).end())).toThrow(
      'tar: entry "a/": its size is -1 (at byte 0)',
    );
  });
});

test('keeps the low 32 bits of IDs', () => {
  const ids = (fields: HeaderFields): [number, number] => {
    const { uid, gid } = readOne(new TarWriter().entry(fields).end());
    return [uid, gid];
  };
  expect(ids({ uid: -1n, gid: -2n })).toEqual([4294967295, 4294967294]);
  expect(ids({ uid: 4294967295n, gid: 4294967296n })).toEqual([4294967295, 0]);
  expect(ids({ uid: 8589934593n, gid: 2147483648n })).toEqual([1, 2147483648]);
});

test('keeps all 64 bits of other numbers', () => {
  const entry = readOne(
    new TarWriter()
      .header({ type: '5', mode: -1n, size: (1n << 63n) - 1n, deviceMajor: -5n, deviceMinor: 1n << 61n })
      .end(),
  );
  expect([entry.mode, entry.size, entry.device]).toEqual([-1n, (1n << 63n) - 1n, [-5n, 1n << 61n]]);
});

describe('PAX records', () => {
  test('override the header, and are all kept, sorted', () => {
    const writer = new TarWriter()
      .pax(
        paxRecord('path', 'long/name'),
        paxRecord('mtime', '1700000001.25'),
        paxRecord('SCHILY.xattr.user.k', '\0v'),
      )
      .entry({ name: 'short', mtime: 5 }, 'x')
      .end();
    const entry = readOne(writer);
    expect([entry.name, entry.time, entry.offset]).toEqual(['long/name', '2023-11-14T22:13:21.25Z', 1536]);
    expect(entry.records).toEqual([
      ['SCHILY.xattr.user.k', '\0v'],
      ['mtime', '1700000001.25'],
      ['path', 'long/name'],
    ]);
  });

  test('apply to one entry only', () => {
    const writer = new TarWriter().pax(paxRecord('path', 'a')).entry({}).entry({ name: 'b' }).end();
    expect(read(writer).entries.map(({ name, records }) => [name, records.length])).toEqual([
      ['a', 1],
      ['b', 0],
    ]);
  });

  test('are replaced by a later header, not merged', () => {
    const writer = new TarWriter()
      .pax(paxRecord('path', 'a'), paxRecord('uid', '7'))
      .pax(paxRecord('uid', '8'))
      .entry({})
      .end();
    const { name, uid, records } = readOne(writer);
    expect([name, uid, records]).toEqual(['file', 8, [['uid', '8']]]);
  });

  test('are replaced by an empty header', () => {
    const { name, records } = readOne(new TarWriter().pax(paxRecord('path', 'a')).pax().entry({}).end());
    expect([name, records]).toEqual(['file', []]);
  });

  test('determine the size of the data', () => {
    const writer = new TarWriter()
      .pax(paxRecord('size', '600'))
      .header({ size: 0 })
      .data('x'.repeat(600))
      .entry({})
      .end();
    expect(read(writer).entries.map(({ offset, size }) => [offset, size])).toEqual([
      [1536, 600n],
      [3072, 0n],
    ]);
  });

  test('may make the size of a directory negative, but not that of a file', () => {
    const withSize = (type: string): TarWriter =>
      new TarWriter().pax(paxRecord('size', '-1')).entry({ type }).end();
    expect(readOne(withSize('5')).size).toBe(-1n);
    expect(() => read(withSize('0'))).toThrow('tar: entry "file": its size is -1 (at byte 1024)');
  });

  test('cannot correct a negative size in the header', () => {
    const writer = new TarWriter().pax(paxRecord('size', '0')).header({ size: -1n }).end();
    expect(() => read(writer)).toThrow(/its size is -1/);
  });

  test('decide whether a V7 entry is a directory', () => {
    const type = (path: string, name: string): string =>
      readOne(new TarWriter().pax(paxRecord('path', path)).entry({ name, type: '\0' }).end()).type;
    expect(type('a/', 'b')).toBe('dir');
    expect(type('a', 'b/')).toBe('reg');
  });

  test('are rejected at their own header if they are malformed', () => {
    expect(() => read(new TarWriter().entry({}).pax('6 k=v').entry({}).end())).toThrow(
      /^tar: PAX record .*\(at byte 512\)$/,
    );
  });

  test('are rejected at the entry if they are invalid for it', () => {
    expect(() => read(new TarWriter().pax(paxRecord('uid', 'x')).entry({}).end())).toThrow(
      'tar: entry "file": its PAX record uid is invalid: "x" (at byte 1024)',
    );
  });
});

describe('GNU long names', () => {
  test('replace the name and link name, including those of PAX records, in any order', () => {
    const records = [paxRecord('path', 'pax name'), paxRecord('linkpath', 'pax link')];
    const expected = ['n'.repeat(300), 'l'.repeat(700)];
    const orders = [
      new TarWriter()
        .pax(...records)
        .longName(expected[0]!)
        .longLinkName(expected[1]!),
      new TarWriter()
        .longLinkName(expected[1]!)
        .longName(expected[0]!)
        .pax(...records),
    ];
    for (const writer of orders) {
      const { name, linkName } = readOne(writer.entry({ type: '2', prefix: 'p' }).end());
      expect([name, linkName]).toEqual(expected);
    }
  });

  test('apply to one entry only', () => {
    const writer = new TarWriter().longName('a').longLinkName('b').entry({}).entry({ linkName: 'd' }).end();
    expect(read(writer).entries.map(({ name, linkName }) => [name, linkName])).toEqual([
      ['a', 'b'],
      ['file', 'd'],
    ]);
  });

  test.each<[string, string, string]>([
    ['may lack a NUL', 'long', 'long'],
    ['are cut at their first NUL', 'long\0er\0', 'long'],
    ['have no effect if empty', '', 'file'],
    ['have no effect if they start with a NUL', '\0long', 'file'],
  ])('%s', (_, metadata, expected) => {
    expect(names(new TarWriter().entry({ type: 'L' }, metadata).entry({}).end())).toEqual([expected]);
    const { linkName } = readOne(
      new TarWriter().entry({ type: 'K' }, metadata).entry({ linkName: 'file' }).end(),
    );
    expect(linkName).toBe(expected);
  });

  test('are overridden by a later one, even if it is shorter or empty', () => {
    expect(names(new TarWriter().longName('longer').longName('short').entry({}).end())).toEqual(['short']);
    expect(names(new TarWriter().longName('longer').longName('').entry({}).end())).toEqual(['file']);
  });

  test('decide whether a V7 entry is a directory', () => {
    expect(readOne(new TarWriter().longName('a/').entry({ type: '\0' }).end()).type).toBe('dir');
  });
});

describe('metadata of more than 1 MiB', () => {
  const mebibyte = 1 << 20;

  test.each(['x', 'L', 'K'])('is rejected before it is read: %p', (type) => {
    expect(() => read(new TarWriter().header({ name: 'm', type, size: mebibyte + 1 }))).toThrow(
      'tar: entry "m": 1048577 bytes of metadata exceed the limit of 1048576 (at byte 0)',
    );
    expect(() => read(new TarWriter().header({ type, size: (1n << 63n) - 1n }))).toThrow(
      /9223372036854775807 bytes of metadata/,
    );
  });

  test('is accepted up to 1 MiB', () => {
    const writer = new TarWriter().entry({ type: 'L' }, 'n'.repeat(mebibyte)).entry({}).end();
    expect(readOne(writer).name).toHaveLength(mebibyte);
  });
});

describe('sparse files', () => {
  const sparse = (values: Record<string, string>): string[] =>
    Object.entries(values).map(([key, value]) => paxRecord(`GNU.sparse.${key}`, value));
  const map = (content: string): string => content.padEnd(blockBytes, '\0');

  test('of format 1.0 start after their map, and have their real name and size', () => {
    const writer = new TarWriter()
      .pax(paxRecord('path', 'pax'), ...sparse({ major: '1', minor: '0', name: 'real', realsize: '1000' }))
      .entry(
        { name: 'GNUSparseFile.0/real', userName: 'user', linkName: 'link' },
        `${map('2\n0\n5\n900\n5\n')}helloworld`,
      )
      .entry({ name: 'next' })
      .end();
    expect(
      read(writer).entries.map(({ name, offset, size, userName, linkName }) => [
        name,
        offset,
        size,
        userName,
        linkName,
      ]),
    ).toEqual([
      ['real', 2048, 1000n, 'user', 'link'],
      ['next', 3072, 0n, '', ''],
    ]);
  });

  test('of format 1.0 may have a map of several blocks', () => {
    const content = `${'2'.padStart(511, '0')}\n0\n5\n900\n5\n`.padEnd(2 * blockBytes, '\0');
    const writer = new TarWriter()
      .pax(...sparse({ major: '1', minor: '0', realsize: '1000' }))
      .entry({}, `${content}helloworld`)
      .end();
    expect(readOne(writer).offset).toBe(2560);
  });

  test.each<[string, string]>([
    ['in its first block', '1\n0\n'],
    ['in a block that padding completes', '1\n0\n5\n'],
    ['in its second block', '1\n0\n'.padEnd(blockBytes, '5')],
  ])('of format 1.0 are rejected if the data ends within the map, %s', (_, content) => {
    const writer = new TarWriter()
      .pax(...sparse({ major: '1', minor: '0', realsize: '1000' }))
      .entry({}, content)
      .end();
    expect(() => read(writer)).toThrow(
      'tar: entry "file": its data ends before its sparse map does (at byte 1024)',
    );
  });

  test('of format 1.0 are rejected if the archive ends within the map', () => {
    const writer = new TarWriter()
      .pax(...sparse({ major: '1', minor: '0' }))
      .header({ size: 1000 })
      .raw('1\n0\n');
    expect(() => read(writer)).toThrow(
      'tar: entry "file": the archive ends after 4 of its 1000 bytes (at byte 1024)',
    );
  });

  test('of format 1.0 have the data size of the PAX record', () => {
    const writer = new TarWriter()
      .pax(paxRecord('size', '522'), ...sparse({ major: '1', minor: '0', realsize: '1000' }))
      .header({ size: 0 })
      .data(`${map('1\n0\n10\n')}helloworld`)
      .entry({ name: 'next' })
      .end();
    expect(read(writer).entries.map(({ offset, size }) => [offset, size])).toEqual([
      [2048, 1000n],
      [3072, 0n],
    ]);
  });

  test.each<[string, string[], string]>([
    [
      '0.1',
      sparse({ major: '0', minor: '1', numblocks: '2', map: '0,5,900,5', name: 'real', size: '1000' }),
      '0,5,900,5',
    ],
    ['0.0', sparse({ numblocks: '1', offset: '3', numbytes: '5', size: '1000', name: 'real' }), '3,5'],
  ])('of format %s start after their header', (_, records, mapText) => {
    const writer = new TarWriter()
      .pax(...records)
      .entry({}, 'helloworld')
      .entry({ name: 'next' })
      .end();
    const { entries } = read(writer);
    expect(entries.map(({ name, offset, size }) => [name, offset, size])).toEqual([
      ['real', 1536, 1000n],
      ['next', 2560, 0n],
    ]);
    expect(entries[0]!.records).toContainEqual(['GNU.sparse.map', mapText]);
  });

  test('have a name that takes precedence over a GNU long name', () => {
    const writer = new TarWriter()
      .longName('long')
      .pax(...sparse({ numblocks: '1', map: '0,0', name: 'real' }))
      .entry({})
      .end();
    expect(names(writer)).toEqual(['real']);
  });

  test('are rejected if their map is invalid', () => {
    const writer = new TarWriter()
      .pax(...sparse({ numblocks: '2', map: '0,1' }))
      .entry({}, 'x')
      .end();
    expect(() => read(writer)).toThrow(/^tar: entry "file": its sparse map is invalid: .*\(at byte 1024\)$/);
  });

  test.each([
    ['5', 'dir'],
    ['1', 'hardlink'],
  ])('cannot be of type %p', (type, name) => {
    for (const records of [sparse({ numblocks: '0', map: '0,0' }), sparse({ major: '1', minor: '0' })]) {
      expect(() =>
        read(
          new TarWriter()
            .pax(...records)
            .entry({ type })
            .end(),
        ),
      ).toThrow(`tar: entry "file": it is of type ${name}, but has records of a sparse file (at byte 1024)`);
    }
  });

  test('of an unknown format are plain files', () => {
    const writer = new TarWriter()
      .pax(...sparse({ major: '2', minor: '0', name: 'real', map: 'x' }))
      .entry({}, 'x')
      .end();
    const { name, size, records } = readOne(writer);
    expect([name, size, records.length]).toEqual(['file', 1n, 4]);
  });
});

test('skips data in constant time, whatever the size of a push', () => {
  const reader = new TarReader();
  reader.push(new TarWriter().header({ size: 1n << 50n }).bytes());
  // A petabyte in total. Memory that is never touched takes no space, and reading it would take days.
  const piece = new Uint8Array(1 << 30);
  for (let count = 0; count < 1 << 20; count++) {
    reader.push(piece);
  }
  reader.push(new Uint8Array(1024));
  expect(reader.finish().end).toBe(512 + 2 ** 50 + 1024);
});
