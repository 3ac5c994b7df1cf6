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

describe('the message of a layer that breaks', () => {
  test.each<[string, readonly (readonly ShortEntry[])[], string]>([
    [
      'a directory without an entry',
      [sharedTmp, fileInTmp],
      '"/tmp": mode 0755 instead of 1777, because the layer has no entry for it',
    ],
    [
      'a group inherited from a setgid directory',
      [
        [
          ['dir', 'srv', { mode: 0o2755, gid: 5 }],
          ['file', 'srv/app/one'],
        ],
      ],
      '"/srv/app": gid 0 instead of 5, because the layer has no entry for it',
    ],
    [
      'a group set by a lower layer',
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
      'a capability that a hard link does not repeat',
      [
        [
          ['file', 'ping', { pax: { 'SCHILY.xattr.security.capability': capability } }],
          ['link', 'ping4', { linkName: 'ping' }],
        ],
      ],
      '"/ping4": extended attribute "security.capability" differs, because the metadata of a hard link entry differs from that of its target',
    ],
    [
      'an owner outside the valid range',
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
      'an owner of the root directory',
      [[['dir', './', { uid: 7, gid: 8 }]]],
      '"/": owner 7:8 instead of 0:0, because an entry for the root directory sets this owner',
    ],
  ])('names the path, the difference and the cause: %s', (_, layers, sentence) => {
    const judgement = judge(...layers);
    expect(kindsOf(judgement).at(-1)).toBe('breaks');
    expect(sentences(judgement, layers.length - 1)).toContain(sentence);
  });

  test('escapes control characters in a hostile name and shortens it', () => {
    const name = `${'a'.repeat(200)}\x1b[31m`;
    const [sentence] = sentences(judge([['file', `\x1b[2J${name}`, { mode: 0o140644 }]]), 0);
    expect(sentence).not.toMatch(/[\x00-\x1f]/);
    expect(sentence!.length).toBeLessThan(250);
  });

  test('keeps the first 20 differences and counts all of them', () => {
    const entries = Array.from({ length: 50 }, (_, at): ShortEntry => ['file', `f${at}`, { mode: 0o140644 }]);
    const judgement = judge(entries);
    if (judgement.kind !== 'judged') throw new Error('expected a judgement');
    const [only] = judgement.layers;
    if (only === undefined || !('differences' in only)) throw new Error('expected differences');
    const { differences } = only;
    expect(differences.count('breaks')).toBe(50);
    expect(differences.kept('breaks').length).toBe(20);
  });
});

describe('the layers below', () => {
  test('are needed only for a directory without an entry', () => {
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

  test('are searched from the nearest down, until one has the directory', () => {
    const stack = [unread, layer(sharedTmp, false), layer(fileInTmp)];
    expect(kindsOf(judgeStack(stack))).toEqual(['not-judged', 'not-judged', 'breaks']);
    expect(judgeStack([layer(sharedTmp, false), unread, layer(fileInTmp)])).toEqual({
      kind: 'needs',
      layers: [1],
    });
  });

  test('are also needed if the layer in between has no entry for the directory', () => {
    const middle = layer([['file', 'tmp/other']], false);
    expect(judgeStack([unread, middle, layer(fileInTmp)])).toEqual({ kind: 'needs', layers: [0] });
    expect(kindsOf(judgeStack([layer(sharedTmp, false), middle, layer(fileInTmp)])).at(-1)).toBe('breaks');
  });

  test('a layer that depends on an unreadable layer is left out with that reason', () => {
    const judgement = judgeStack([unreadable, layer(fileInTmp)]);
    expect(kindsOf(judgement)).toEqual(['not-judged', 'breaks']);
    expect(sentences(judgement, 1)).toEqual([
      '"/tmp": mode, owner and attributes are unknown, because they depend on a lower layer that cannot be read',
    ]);
  });

  test('an unreadable layer does not matter if a nearer layer has the directory', () => {
    const nearer = layer([['dir', 'tmp']]);
    expect(kindsOf(judgeStack([unreadable, nearer, layer(fileInTmp)]))).toEqual([
      'not-judged',
      'faithful',
      'faithful',
    ]);
  });

  test('a directory that a middle layer inherits from an unreadable layer is unknown too', () => {
    const middle = layer([['file', 'tmp/other']], false);
    expect(kindsOf(judgeStack([unreadable, middle, layer(fileInTmp)])).at(-1)).toBe('breaks');
  });

  test('a path through a file of a lower layer cannot be unpacked', () => {
    const judgement = judge([['file', 'a']], [['file', 'a/b/c']]);
    expect(judgement).toMatchObject({ kind: 'judged', isNotUnpackable: true });
    expect(kindsOf(judgement)).toEqual(['not-judged', 'not-judged']);
  });

  test.each<[string, readonly ShortEntry[]]>([
    [
      'a whiteout of an entry in the same layer',
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

  test('a stack that cannot be unpacked is recognized, even above an unreadable layer', () => {
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

  test('still differs if the snapshotter shows what an opaque marker removes', () => {
    const judgement = judge(opaqueOverImplicit, [['file', 'other']]);
    expect(kindsOf(judgement)).toEqual(['breaks', 'faithful']);
    if (judgement.kind !== 'judged') throw new Error('not judged');
    expect(judgement.remaining.map(({ path }) => Buffer.from(path).toString())).toEqual(['srv/app']);
  });

  test('matches the unpacked image if an opaque directory in an upper layer hides the difference', () => {
    const judgement = judge(opaqueOverImplicit, [
      ['dir', 'srv'],
      ['file', 'srv/.wh..wh..opq', { data: '' }],
    ]);
    expect(kindsOf(judgement)).toEqual(['breaks', 'faithful']);
    expect(judgement).toMatchObject({ remaining: [] });
  });

  test('is not compared if no layer is left', () => {
    expect(judge(opaqueOverImplicit)).toMatchObject({ remaining: [] });
  });

  test('needs the unread layers', () => {
    expect(judgeStack([layer(opaqueOverImplicit), unread, layer([['file', 'other']])])).toEqual({
      kind: 'needs',
      layers: [1],
    });
  });

  test('differs if the snapshotter cannot unpack a layer over the ones that it shows', () => {
    const bottom: readonly ShortEntry[] = [['file', '.wh.x', { data: '' }]];
    const judgement = judge(bottom, [
      ['file', 'x/y/z'],
      ['file', 'one', { mode: 0o140644 }],
    ]);
    expect(kindsOf(judgement)).toEqual(['faithful', 'breaks']);
    if (judgement.kind !== 'judged') throw new Error('not judged');
    expect(judgement.remaining[0]!.sentence).toContain('the snapshotter cannot unpack a layer');
  });

  test('matches the unpacked image if only layers above the bottom are left out', () => {
    const judgement = judge(sharedTmp, fileInTmp, [['file', 'other']]);
    expect(kindsOf(judgement)).toEqual(['faithful', 'breaks', 'faithful']);
    expect(judgement).toMatchObject({ remaining: [] });
  });
});

describe('a single layer', () => {
  test('is judged as an upper layer with nothing below it', () => {
    expect(judgeLayer(readLayer(tarOf(fileInTmp))).kind).toBe('faithful');
    expect(judgeLayer(readLayer(tarOf([['file', 'srv/.wh.x', { data: '' }]]))).kind).toBe('faithful');
    expect(judgeLayer(readLayer(tarOf([['file', 'x', { mode: 0o140644 }]]))).kind).toBe('breaks');
  });

  test('is refused, not broken, if the snapshotter refuses its zTOC', () => {
    const overlapping = readLayer(
      tarOf([
        ['symlink', 'a', { linkName: 'x', size: 4096 }],
        ['file', 'b'],
      ]),
    );
    expect(judgeLayer(overlapping).kind).toBe('refused');
  });
});

test('a bottom whiteout that removes nothing differs in metadata, unless another layer has its directory', () => {
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
  // February 1969. The calendar arithmetic counts January and February as part of the previous year.
  ['-27561600', 'metadata'],
])('a modification time of %s seconds is %s', (mtime, kind) => {
  expect(kindsOf(judge([['file', 'a', { pax: { mtime } }]]))).toEqual([kind]);
});

describe('hostile layers', () => {
  test('follows a chain of 255 links; one of 256 cannot be unpacked', () => {
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

  test('terminates on a directory that contains itself', () => {
    const cycle: readonly ShortEntry[] = [
      ['symlink', 'a', { linkName: '.' }],
      ['link', 'a/b', { linkName: 'a' }],
      ['dir', 'a'],
    ];
    expect(kindsOf(judge(cycle))).toEqual(['breaks']);
  });

  test('judges a path of 50,000 directories without recursion', () => {
    const name = `${'d/'.repeat(50_000)}f`;
    const deep: readonly ShortEntry[] = [['file', '', { pax: { path: name } }]];
    expect(kindsOf(judgeStack([layer([]), { ...layer(deep) }, layer(deep)]))).toEqual([
      'faithful',
      'faithful',
      'faithful',
    ]);
  });

  test('leaves out a layer whose links take too long to follow', () => {
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

  test('leaves out a layer whose opaque markers take too long to apply', () => {
    const files = Array.from({ length: 4000 }, (_, at): ShortEntry => ['file', `d/f${at}`, { data: '' }]);
    const markers = Array.from({ length: 3500 }, (): ShortEntry => ['file', 'd/.wh..wh..opq', { data: '' }]);
    expect(sentences(judge([['dir', 'd'], ...files, ...markers]), 0)[0]).toContain('take too long');
  });
});

test('the detailed judgement agrees with the screening on an ordinary layer', () => {
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

test('distinguishes more names than a new table has room for', () => {
  const names = Array.from({ length: 3000 }, (_, at) => `${'directory-'.repeat(8)}${at}`);
  const judgement = judge(
    names.map((name): ShortEntry => ['dir', name, { mode: 0o700 }]),
    names.map((name): ShortEntry => ['file', `${name}/x`, { data: '' }]),
  );
  if (judgement.kind !== 'judged') throw new Error('expected a judgement');
  const [, upper] = judgement.layers;
  if (upper?.kind !== 'breaks') throw new Error(upper?.kind);
  expect(upper.differences.count('breaks')).toBe(names.length);
  expect(sentencesOf(upper)[0]).toBe(
    `"/${names.at(-1)!}": mode 0755 instead of 0700, because the layer has no entry for it`,
  );
});

describe('the attributes of a directory created without an entry', () => {
  const directoryWith = (pax: Readonly<Record<string, string>>): readonly ShortEntry[] => [
    ['dir', 'srv/', { pax }],
  ];
  const fileInIt: readonly ShortEntry[] = [['file', 'srv/one']];

  test('are copied from the layer below when unpacked, and are missing when lazy-loaded', () => {
    const judgement = judgeStack([layer(directoryWith({ 'SCHILY.xattr.user.note': 'x' })), layer(fileInIt)]);
    expect(sentences(judgement, 1)).toEqual([expect.stringContaining('user.note')]);
  });

  test('are not copied if they are trusted attributes', () => {
    const judgement = judgeStack([
      layer(directoryWith({ 'SCHILY.xattr.trusted.note': 'x' })),
      layer(fileInIt),
    ]);
    expect(sentences(judgement, 1)).toEqual([]);
  });
});

test('a bottom layer with both an entry and a whiteout for a directory cannot be unpacked', () => {
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
