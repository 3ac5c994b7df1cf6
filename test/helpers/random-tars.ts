// Random tars: mostly correct or nearly so, in every dialect, with unusual numbers, metadata of all kinds and sparse
// files.
import type { Random } from './random.ts';
import {
  blockBytes,
  type HeaderFields,
  type FieldValue,
  paxRecord,
  repairChecksum,
  TarWriter,
} from './tar-writer.ts';

const dialects = ['ustar', 'ustar', 'gnu', 'v7', 'star'] as const;
/** One of these type flags; the plain types are more likely. */
const types = `${'0'.repeat(40)}1122555555\0\0\0\x0033467gSxLK`;
const decimals = [
  '0',
  '1',
  '-1',
  '+7',
  '007',
  '12',
  '512',
  '4294967295',
  '4294967296',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '',
  ' 1',
  '1x',
  '1.5',
  '-',
  '99999999999999999999',
];
const times = [
  '0',
  '-1',
  '1700000000.25',
  '-1.5',
  '-0.5',
  '1.',
  '.5',
  '1.1234567891',
  '1.x',
  '253402300799.999999999',
  '253402300800',
  '-62167219200',
  '-62167219201',
  '9223372036',
  'x',
  '',
];
const texts = [
  'a',
  'a/',
  'dir/file',
  './x',
  '../y',
  '/abs',
  'caf\xe9',
  '\xff\xfe',
  '',
  'n\0ul',
  'long'.repeat(60),
  '.wh.x',
];
const sparseValues: Readonly<Record<string, readonly string[]>> = {
  major: ['0', '1', '1', '1', '2', '', '01'],
  minor: ['0', '0', '0', '1', ''],
  name: texts,
  size: ['100', '0', '5', '-1', 'x', ''],
  realsize: ['100', '1000', '0', '-1', '1x'],
  numblocks: ['0', '1', '2', '-1', '', 'x'],
  map: ['', '0,5', '0,50,50,50', '5,0', '50,10,0,10', '0,101', '0', 'x,1', '0,1,'],
  offset: ['0', '5', '50', '', 'x', '1,2'],
  numbytes: ['0', '5', '10', '', '3,4'],
};
const sparseKeys = Object.keys(sparseValues);

export function makeRandomTar(random: Random): Uint8Array {
  const writer = new TarWriter();
  for (let count = random.below(5); count > 0; count--) addEntry(random, writer);
  for (let count = random.pick([0, 1, 2, 2, 2, 2, 3]); count > 0; count--)
    writer.raw(new Uint8Array(blockBytes));
  if (random.below(8) === 0) writer.raw('rubbish');
  return damage(random, Uint8Array.from(writer.bytes()));
}

function addEntry(random: Random, writer: TarWriter): void {
  for (let count = random.pick([0, 0, 0, 1, 1, 2]); count > 0; count--) addMetadata(random, writer);
  const type = types[random.below(types.length)]!;
  const content =
    random.below(3) === 0 ? makeMap(random) : 'd'.repeat(random.pick([0, 0, 1, 10, 511, 512, 513, 1500]));
  const fields: HeaderFields = {
    name: random.pick(texts),
    type,
    dialect: random.pick(dialects),
    ...oneIn(random, 3, { linkName: random.pick(texts) }),
    ...oneIn(random, 3, { userName: random.pick(texts), groupName: random.pick(texts) }),
    ...oneIn(random, 4, { mode: randomNumber(random, 8) }),
    ...oneIn(random, 4, { uid: randomNumber(random, 8), gid: randomNumber(random, 8) }),
    ...oneIn(random, 3, { mtime: randomNumber(random, 12) }),
    ...oneIn(random, 6, { deviceMajor: randomNumber(random, 8), deviceMinor: randomNumber(random, 8) }),
    ...oneIn(random, 5, { prefix: random.pick([...texts, 'p'.repeat(200), '12345670123\0\x0012345670123']) }),
    ...oneIn(random, 6, { atime: randomNumber(random, 12), ctime: randomNumber(random, 12) }),
    ...oneIn(random, 40, { checksum: random.pick(['signed', { field: '0' }] as const) }),
  };
  // A size that differs from that of the data is rare, and mostly on a type without data.
  const isOdd = '123456'.includes(type) ? random.below(4) === 0 : random.below(40) === 0;
  if (isOdd) writer.header({ ...fields, size: randomNumber(random, 12) });
  else writer.entry(fields, content);
}

function addMetadata(random: Random, writer: TarWriter): void {
  const kind = random.below(6);
  if (kind === 0) writer.longName(random.pick(texts));
  else if (kind === 1) writer.longLinkName(random.pick(texts));
  else writer.pax(...Array.from({ length: random.below(5) }, () => randomRecords(random)).flat());
}

function randomRecords(random: Random): readonly string[] {
  switch (random.below(40)) {
    case 0:
      return [paxRecord(random.pick(['uid', 'gid', 'size']), random.pick(decimals))];
    case 1:
      return [paxRecord(random.pick(['mtime', 'atime', 'ctime']), random.pick(times))];
    case 2:
      return [paxRecord(random.pick(['path', 'linkpath', 'uname', 'gname']), random.pick(texts))];
    case 3: {
      const key = random.pick(sparseKeys);
      return [paxRecord(`GNU.sparse.${key}`, random.pick(sparseValues[key]!))];
    }
    case 4:
    case 5:
      return [paxRecord(random.pick(['uid', 'gid']), `${random.below(2 ** 32) * random.pick([1, -1, 5])}`)];
    case 6:
    case 7:
    case 8:
      return [
        paxRecord(
          random.pick(['mtime', 'atime', 'ctime']),
          `${random.below(2 ** 32)}.${random.below(2 ** 31)}`,
        ),
      ];
    case 9:
    case 10:
      return [paxRecord(random.pick(['path', 'linkpath', 'uname', 'gname']), `t${random.below(1000)}/\xff`)];
    case 11:
    case 12:
    case 13:
      return [
        paxRecord(
          `SCHILY.xattr.${random.pick(['user.a', 'user.b', 'security.capability', 'user.a'])}`,
          random.pick(texts),
        ),
      ];
    case 14:
    case 15:
      // A sparse file that may well be valid.
      return random.below(2) === 0
        ? [
            paxRecord('GNU.sparse.major', '1'),
            paxRecord('GNU.sparse.minor', '0'),
            paxRecord('GNU.sparse.realsize', '100'),
          ]
        : [
            paxRecord('GNU.sparse.numblocks', '1'),
            paxRecord('GNU.sparse.map', '0,5'),
            paxRecord('GNU.sparse.size', '100'),
          ];
    case 16:
      return [
        random.pick([
          '5 k=\n',
          '6 k=v',
          '7 k=v\n',
          '6 =vv\n',
          '7 k\0=v\n',
          '00006 \n',
          'rubbish',
          '6 k=v\n6 j=w\n',
        ]),
      ];
    default:
      return [paxRecord(`k${random.below(5)}`, random.pick(texts))];
  }
}

/** The map in front of the data of a sparse file in format 1.0. */
function makeMap(random: Random): string {
  const lines = random.pick([
    '0\n',
    '1\n0\n5\n',
    '2\n0\n5\n50\n10\n',
    '1\n0\n',
    'x\n',
    '-1\n',
    '1\n0\n101\n',
    '2\n50\n10\n0\n10\n',
    '1',
    '1\n+0\n005\n',
  ]);
  const padding = random.pick([0, 0, 500, 512, 1100]);
  return `${'0'.repeat(padding)}${lines}`.padEnd(
    Math.ceil((padding + lines.length) / blockBytes) * blockBytes,
    '\0',
  );
}

function randomNumber(random: Random, bytes: number): FieldValue {
  switch (random.below(18)) {
    case 0:
      return random.pick([
        '',
        ' 1 ',
        '\x001',
        '7777777',
        '8',
        'x',
        '-1',
        '12 3',
        '12\x003',
        '\x80',
        '\xff',
        '644 \0',
      ]);
    case 1:
    case 2:
    case 3:
      return BigInt.asIntN(8 * bytes, BigInt(random.below(2 ** 32)) << BigInt(random.below(8 * bytes)));
    case 4:
    case 5:
      return BigInt(random.below(2 ** 32)) - 2n ** 31n;
    default:
      return random.below(8 ** 6);
  }
}

function oneIn<Fields extends HeaderFields>(
  random: Random,
  count: number,
  fields: Fields,
): Fields | undefined {
  return random.below(count) === 0 ? fields : undefined;
}

/** In one of four archives, bytes are changed in headers, with or without a correct checksum, or the end is cut off. */
function damage(random: Random, archive: Uint8Array): Uint8Array {
  if (random.below(4) > 0 || archive.length === 0) return archive;
  if (random.below(3) === 0) return archive.subarray(0, random.below(archive.length + 1));
  for (let count = 1 + random.below(3); count > 0; count--) {
    const block = blockBytes * random.below(Math.ceil(archive.length / blockBytes));
    const at = block + random.below(Math.min(blockBytes, archive.length - block));
    archive[at] = random.pick([0, 0x20, 0x30, 0x37, 0x80, 0xff, random.below(256)]);
    if (random.below(4) > 0 && block + blockBytes <= archive.length) repairChecksum(archive, block);
  }
  return archive;
}
