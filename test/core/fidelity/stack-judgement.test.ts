import { describe, expect, test } from '@jest/globals';
import { judgeLayer, judgeStack } from '../../../lambda-src/core/fidelity/stack-judgement.ts';
import type { StackJudgement, StackLayer } from '../../../lambda-src/core/fidelity/stack-judgement.ts';
import {
  judge,
  kindsOf,
  layerOf,
  readLayer,
  sentencesOf,
  tarOf,
  unscreened,
} from '../../helpers/fidelity-layers.ts';
import type { ShortEntry } from '../../helpers/fidelity-layers.ts';

const sharedTmp: readonly ShortEntry[] = [['dir', 'tmp/', { mode: 0o1777 }]];
const fileInTmp: readonly ShortEntry[] = [['file', 'tmp/cache']];
const capability = '\x01\0\0\x02' + '\0'.repeat(16);

function layer(entries: readonly ShortEntry[], isIndexed = true): StackLayer {
  return { ...layerOf(readLayer(tarOf(entries))), isIndexed };
}

function sentences(judgement: StackJudgement, place: number): readonly string[] {
  if (judgement.kind !== 'judged') throw new Error('not judged');
  return sentencesOf(judgement.layers[place]!);
}

const unreadable: StackLayer = { content: { kind: 'unreadable' }, isIndexed: false };
const unread: StackLayer = { content: { kind: 'unread' }, isIndexed: false };

describe('a sentence says what differs and why', () => {
  test.each<[string, readonly (readonly ShortEntry[])[], string]>([
    [
      'a directory without an entry',
      [sharedTmp, fileInTmp],
      '"/tmp": mode 0755 instead of 1777, because the layer has no entry for it',
    ],
    [
      'a group that a setgid directory gives',
      [
        [
          ['dir', 'srv', { mode: 0o2755, gid: 5 }],
          ['file', 'srv/app/one'],
        ],
      ],
      '"/srv/app": gid 0 instead of 5, because the layer has no entry for it',
    ],
    [
      'a group of a lower layer',
      [[['dir', 'srv', { gid: 5 }]], [['file', 'srv/one']]],
      '"/srv": gid 0 instead of 5, because the layer has no entry for it',
    ],
    [
      'a path through an absolute symbolic link',
      [
        [
          ['dir', 'a/b'],
          ['symlink', 'a/b/l', { linkName: '/c' }],
          ['file', 'a/b/l/one'],
          ['dir', 'c'],
        ],
      ],
      '"/c/one": missing, because the layer writes through one of its own symbolic links',
    ],
    [
      'a directory that contains itself',
      [
        [
          ['symlink', 'a', { linkName: '.' }],
          ['link', 'a/b', { linkName: 'a' }],
          ['dir', 'a'],
          ['dir', 'a/b'],
        ],
      ],
      '"/a/b": a directory that contains itself instead of a directory, because the layer writes through one of its own symbolic links',
    ],
    [
      'a path through a symbolic link',
      [
        [
          ['dir', 'usr/lib'],
          ['symlink', 'lib', { linkName: 'usr/lib' }],
          ['file', 'lib/one'],
        ],
      ],
      '"/usr/lib/one": missing, because the layer writes through one of its own symbolic links',
    ],
    [
      'a capability that a hard link loses',
      [
        [
          ['file', 'ping', { pax: { 'SCHILY.xattr.security.capability': capability } }],
          ['link', 'ping4', { linkName: 'ping' }],
        ],
      ],
      '"/ping4": extended attribute "security.capability" differs, because the metadata of a hard link entry differs from that of its target',
    ],
    [
      'an owner that cannot be said',
      [[['file', 'one', { uid: 0xffff_ffffn }]]],
      '"/one": uid 65534 instead of 0, because its uid or gid is not between 0 and 4294967294',
    ],
    [
      'a size on a symbolic link',
      [
        [
          ['symlink', 'lnk', { linkName: 'x', size: 100 }],
          ['file', 'one'],
        ],
      ],
      '"/one": reading fails (EIO), because an entry before it has a size but no data',
    ],
    [
      'the owner of the root',
      [[['dir', './', { uid: 7, gid: 8 }]]],
      '"/": owner 7:8 instead of 0:0, because an entry for the root directory sets this owner',
    ],
  ])('%s', (_, layers, sentence) => {
    const judgement = judge(...layers);
    expect(kindsOf(judgement).at(-1)).toBe('breaks');
    expect(sentences(judgement, layers.length - 1)).toContain(sentence);
  });

  test('of a hostile name no control character, and not all of it', () => {
    const name = `${'a'.repeat(200)}\x1b[31m`;
    const [sentence] = sentences(judge([['file', `\x1b[2J${name}`, { mode: 0o140644 }]]), 0);
    expect(sentence).not.toMatch(/[\x00-\x1f]/);
    expect(sentence!.length).toBeLessThan(250);
  });

  test('of many differences the first twenty are kept, and all are counted', () => {
    const entries = Array.from({ length: 50 }, (_, at): ShortEntry => ['file', `f${at}`, { mode: 0o140644 }]);
    const judgement = judge(entries);
    if (judgement.kind !== 'judged') throw new Error('nothing is unread');
    const [only] = judgement.layers;
    if (only === undefined || !('differences' in only)) throw new Error('it differs');
    const { differences } = only;
    expect(differences.count('breaks')).toBe(50);
    expect(differences.kept('breaks').length).toBe(20);
  });
});

describe('layers below', () => {
  test('are asked for only by a directory that has no entry', () => {
    expect(
      judgeStack([
        unread,
        layer([
          ['dir', 'tmp'],
          ['file', 'tmp/x'],
        ]),
      ]).kind,
    ).toBe('judged');
    expect(judgeStack([unread, layer(fileInTmp)])).toEqual({ kind: 'needs', layers: [0] });
  });

  test('are asked nearest first, and no further than the directory is found', () => {
    const stack = [unread, layer(sharedTmp, false), layer(fileInTmp)];
    expect(kindsOf(judgeStack(stack))).toEqual(['not-judged', 'not-judged', 'breaks']);
    expect(judgeStack([layer(sharedTmp, false), unread, layer(fileInTmp)])).toEqual({
      kind: 'needs',
      layers: [1],
    });
  });

  test('are asked for by those that were asked', () => {
    const middle = layer([['file', 'tmp/other']], false);
    expect(judgeStack([unread, middle, layer(fileInTmp)])).toEqual({ kind: 'needs', layers: [0] });
    expect(kindsOf(judgeStack([layer(sharedTmp, false), middle, layer(fileInTmp)])).at(-1)).toBe('breaks');
  });

  test('a layer that depends on an unreadable one is left out, and says so', () => {
    const judgement = judgeStack([unreadable, layer(fileInTmp)]);
    expect(kindsOf(judgement)).toEqual(['not-judged', 'breaks']);
    expect(sentences(judgement, 1)).toEqual([
      '"/tmp": mode, owner and attributes are unknown, because they depend on a lower layer that cannot be read',
    ]);
  });

  test('an unreadable layer decides nothing where a nearer one has the directory', () => {
    const nearer = layer([['dir', 'tmp']]);
    expect(kindsOf(judgeStack([unreadable, nearer, layer(fileInTmp)]))).toEqual([
      'not-judged',
      'faithful',
      'faithful',
    ]);
  });

  test('a directory that a middle layer takes over from an unreadable one is unknown too', () => {
    const middle = layer([['file', 'tmp/other']], false);
    expect(kindsOf(judgeStack([unreadable, middle, layer(fileInTmp)])).at(-1)).toBe('breaks');
  });

  test('a path through a file of a layer below cannot be unpacked', () => {
    const judgement = judge([['file', 'a']], [['file', 'a/b/c']]);
    expect(judgement).toMatchObject({ kind: 'judged', isNotUnpackable: true });
    expect(kindsOf(judgement)).toEqual(['not-judged', 'not-judged']);
  });

  test.each<[string, readonly ShortEntry[]]>([
    [
      'a whiteout of what the layer has',
      [
        ['file', 'a'],
        ['file', '.wh.a', { data: '' }],
      ],
    ],
    [
      'a hard link to a directory',
      [
        ['dir', 'a'],
        ['link', 'b', { linkName: 'a' }],
      ],
    ],
    ['a hard link to nothing', [['link', 'b', { linkName: 'a' }]]],
    ['a symbolic link to nothing', [['symlink', 'b']]],
    [
      'a malformed capability',
      [['file', 'a', { pax: { 'SCHILY.xattr.security.capability': '\x01\0\0\x03' + '\0'.repeat(16) } }]],
    ],
  ])('%s cannot be unpacked', (_, entries) => {
    expect(judge([], entries)).toMatchObject({ kind: 'judged', isNotUnpackable: true });
  });

  test('what cannot be unpacked is not protected, whatever is unknown below', () => {
    const broken: readonly ShortEntry[] = [...fileInTmp, ['link', 'x', { linkName: 'missing' }]];
    expect(judgeStack([unreadable, layer(broken)])).toMatchObject({ isNotUnpackable: true });
    const refusedTar: StackLayer = { content: { kind: 'not-unpackable' }, isIndexed: false };
    expect(judgeStack([layer(sharedTmp), layer(fileInTmp), refusedTar])).toMatchObject({
      isNotUnpackable: true,
    });
  });
});

describe('the image without the layers that break', () => {
  const opaqueOverImplicit: readonly ShortEntry[] = [
    ['dir', 'srv'],
    ['file', 'srv/app/one'],
    ['file', 'srv/.wh..wh..opq', { data: '' }],
  ];

  test('still differs where the snapshotter does not remove what an opaque marker removes', () => {
    const judgement = judge(opaqueOverImplicit, [['file', 'other']]);
    expect(kindsOf(judgement)).toEqual(['breaks', 'faithful']);
    if (judgement.kind !== 'judged') throw new Error('not judged');
    expect(judgement.remaining.map(({ path }) => Buffer.from(path).toString())).toEqual(['srv/app']);
  });

  test('is as unpacked where an opaque directory of a layer above hides what differs', () => {
    const judgement = judge(opaqueOverImplicit, [
      ['dir', 'srv'],
      ['file', 'srv/.wh..wh..opq', { data: '' }],
    ]);
    expect(kindsOf(judgement)).toEqual(['breaks', 'faithful']);
    expect(judgement).toMatchObject({ remaining: [] });
  });

  test('is not looked at if nothing of it is left', () => {
    expect(judge(opaqueOverImplicit)).toMatchObject({ remaining: [] });
  });

  test('needs the unread layers', () => {
    expect(judgeStack([layer(opaqueOverImplicit), unread, layer([['file', 'other']])])).toEqual({
      kind: 'needs',
      layers: [1],
    });
  });

  test('differs if the snapshotter cannot unpack a layer over what it shows', () => {
    const bottom: readonly ShortEntry[] = [['file', '.wh.x', { data: '' }]];
    const judgement = judge(bottom, [
      ['file', 'x/y/z'],
      ['file', 'one', { mode: 0o140644 }],
    ]);
    expect(kindsOf(judgement)).toEqual(['faithful', 'breaks']);
    if (judgement.kind !== 'judged') throw new Error('not judged');
    expect(judgement.remaining[0]!.sentence).toContain('the snapshotter cannot unpack a layer');
  });

  test('is as unpacked where layers above the bottom are left out', () => {
    const judgement = judge(sharedTmp, fileInTmp, [['file', 'other']]);
    expect(kindsOf(judgement)).toEqual(['faithful', 'breaks', 'faithful']);
    expect(judgement).toMatchObject({ remaining: [] });
  });
});

describe('one layer by itself', () => {
  test('is judged as an upper layer over nothing', () => {
    expect(judgeLayer(readLayer(tarOf(fileInTmp))).kind).toBe('faithful');
    expect(judgeLayer(readLayer(tarOf([['file', 'srv/.wh.x', { data: '' }]]))).kind).toBe('faithful');
    expect(judgeLayer(readLayer(tarOf([['file', 'x', { mode: 0o140644 }]]))).kind).toBe('breaks');
  });

  test('a zTOC that the snapshotter refuses is slower, not wrong', () => {
    const overlapping = readLayer(
      tarOf([
        ['symlink', 'a', { linkName: 'x', size: 4096 }],
        ['file', 'b'],
      ]),
    );
    expect(judgeLayer(overlapping).kind).toBe('refused');
  });
});

test('bottom whiteouts of nothing are a warning, unless another layer has their directory', () => {
  const ghost: readonly ShortEntry[] = [
    ['dir', 'srv'],
    ['file', 'srv/.wh.two', { data: '' }],
  ];
  expect(kindsOf(judge(ghost, [['file', 'x']]))).toEqual(['metadata', 'faithful']);
  expect(kindsOf(judge(ghost, [['dir', 'srv']]))).toEqual(['faithful', 'faithful']);
});

test.each([
  ['9223372036.854775807', 'faithful'],
  ['9223372036.854775808', 'metadata'],
  ['0', 'faithful'],
  ['-0.000000001', 'metadata'],
  // In February, which the calendar counts to the year before.
  ['-27561600', 'metadata'],
])('a time of %s seconds is %s', (mtime, kind) => {
  expect(kindsOf(judge([['file', 'a', { pax: { mtime } }]]))).toEqual([kind]);
});

describe('hostile layers', () => {
  test('a chain of 255 links is followed, one of 256 cannot be unpacked', () => {
    const chain = (links: number): ShortEntry[] => [
      ['dir', 'end'],
      ...Array.from({ length: links }, (_, at): ShortEntry => [
        'symlink',
        `l${at}`,
        { linkName: at === 0 ? 'end' : `l${at - 1}` },
      ]),
      ['file', `l${links - 1}/one`],
    ];
    expect(kindsOf(judge(chain(255)))).toEqual(['breaks']);
    expect(judge(chain(256))).toMatchObject({ isNotUnpackable: true });
  });

  test('a directory that contains itself ends', () => {
    const cycle: readonly ShortEntry[] = [
      ['symlink', 'a', { linkName: '.' }],
      ['link', 'a/b', { linkName: 'a' }],
      ['dir', 'a'],
    ];
    expect(kindsOf(judge(cycle))).toEqual(['breaks']);
  });

  test('a path of 50,000 directories nests no calls', () => {
    const name = `${'d/'.repeat(50_000)}f`;
    const deep: readonly ShortEntry[] = [['file', '', { pax: { path: name } }]];
    expect(kindsOf(judgeStack([layer([]), { ...layer(deep) }, layer(deep)]))).toEqual([
      'faithful',
      'faithful',
      'faithful',
    ]);
  });

  test('links that take too long to follow are not judged, and their layer is left out', () => {
    const target = Array.from({ length: 800 }, () => 'd/..').join('/');
    const chain = Array.from({ length: 200 }, (_, at): ShortEntry => [
      'symlink',
      `l${at}`,
      { pax: { linkpath: at === 0 ? 'd' : `${target}/l${at - 1}` } },
    ]);
    const files = Array.from({ length: 90 }, (_, at): ShortEntry => [
      'file',
      at % 2 === 0 ? `l199/f${at}` : `f${at}`,
    ]);
    const judgement = judge([['dir', 'd'], ...chain, ...files]);
    expect(kindsOf(judgement)).toEqual(['breaks']);
    expect(sentences(judgement, 0)[0]).toContain('take too long to follow');
  });

  test('opaque markers that take too long are not followed either', () => {
    const files = Array.from({ length: 4000 }, (_, at): ShortEntry => ['file', `d/f${at}`, { data: '' }]);
    const markers = Array.from({ length: 3500 }, (): ShortEntry => ['file', 'd/.wh..wh..opq', { data: '' }]);
    expect(sentences(judge([['dir', 'd'], ...files, ...markers]), 0)[0]).toContain('take too long');
  });
});

test('machines that run without need say the same as the screening', () => {
  const ordinary: readonly ShortEntry[] = [
    ['dir', './'],
    ['dir', './etc/'],
    ['file', './etc/passwd', { pax: { 'SCHILY.xattr.user.note': 'x' } }],
    ['link', './etc/passwd-', { linkName: './etc/passwd', pax: { 'SCHILY.xattr.user.note': 'x' } }],
    ['symlink', './bin', { linkName: 'usr/bin' }],
    ['char', './null', { deviceMajor: 1, deviceMinor: 3 }],
    ['file', './etc/.wh.gone', { data: '' }],
    ['file', './etc/.wh..wh..opq', { data: '' }],
  ];
  const read = readLayer(tarOf(ordinary));
  expect(read.screening).toEqual({ differs: false, dependsOnLowers: false, hasWhiteouts: true });
  expect(kindsOf(judgeStack([layer([]), layerOf({ ...read, screening: unscreened })]))).toEqual([
    'faithful',
    'faithful',
  ]);
});

test('tells apart more names than a table begins with room for', () => {
  const names = Array.from({ length: 3000 }, (_, at) => `${'directory-'.repeat(8)}${at}`);
  const judgement = judge(
    names.map((name): ShortEntry => ['dir', name, { mode: 0o700 }]),
    names.map((name): ShortEntry => ['file', `${name}/x`, { data: '' }]),
  );
  if (judgement.kind !== 'judged') throw new Error('nothing is unread');
  const [, upper] = judgement.layers;
  if (upper?.kind !== 'breaks') throw new Error(upper?.kind);
  expect(upper.differences.count('breaks')).toBe(names.length);
  expect(sentencesOf(upper)[0]).toBe(
    `"/${names.at(-1)!}": mode 0755 instead of 0700, because the layer has no entry for it`,
  );
});

describe('attributes of a directory that is made without an entry', () => {
  const directoryWith = (pax: Readonly<Record<string, string>>): readonly ShortEntry[] => [
    ['dir', 'srv/', { pax }],
  ];
  const fileInIt: readonly ShortEntry[] = [['file', 'srv/one']];

  test('are copied from the layer below, and are missing when it is lazy-loaded', () => {
    const judgement = judgeStack([layer(directoryWith({ 'SCHILY.xattr.user.note': 'x' })), layer(fileInIt)]);
    expect(sentences(judgement, 1)).toEqual([expect.stringContaining('user.note')]);
  });

  test('are not copied if they are trusted', () => {
    const judgement = judgeStack([
      layer(directoryWith({ 'SCHILY.xattr.trusted.note': 'x' })),
      layer(fileInIt),
    ]);
    expect(sentences(judgement, 1)).toEqual([]);
  });
});

test('a bottom layer that removes a directory that it has an entry for cannot be unpacked', () => {
  const removed = layerOf(
    readLayer(
      tarOf([
        ['dir', 'srv/'],
        ['file', '.wh.srv'],
      ]),
    ),
  );
  expect(judgeStack([{ ...removed, isIndexed: true }])).toMatchObject({ isNotUnpackable: true });
});
