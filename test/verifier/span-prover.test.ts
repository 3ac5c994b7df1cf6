// Checkpoints at positions that we would not choose, as other builders may have them. zlib in JavaScript reports where
// blocks end, and the window there.
import { constants, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { Checkpoint } from '../../lambda-src/core/inflate/gzip-decoder.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { locateSpan } from '../../lambda-src/core/ztoc/span-reader.ts';
import { PackedEntries } from '../../lambda-src/core/tar/packed-entries.ts';
import type { Ztoc } from '../../lambda-src/core/ztoc/ztoc.ts';
import { Findings } from '../../lambda-src/verifier/findings.ts';
import { SpanProver } from '../../lambda-src/verifier/span-prover.ts';
import { BitWriter } from '../helpers/bits.ts';
import { concat, gzipMember } from '../helpers/gzip.ts';
import { createRandom, mixedBytes } from '../helpers/random.ts';
import { inflateWithZlib } from '../helpers/zlib-blocks.ts';

const data = mixedBytes(createRandom(5), 150_000);

function gzip(bytes: Uint8Array, options = {}): Uint8Array {
  return new Uint8Array(gzipSync(bytes, { memLevel: 1, ...options }));
}

/** A zTOC with these checkpoints and the digests of their spans. Its table of contents does not matter. */
function ztocWith(layer: Uint8Array, checkpoints: readonly Checkpoint[]): Ztoc {
  const ztoc: Ztoc = {
    buildToolIdentifier: '',
    compressedSize: layer.length,
    uncompressedSize: 0,
    spanDigests: [],
    spans: { compression: 'gzip', spanSizeBytes: 1, checkpoints },
    contents: new PackedEntries(),
  };
  const spanDigests = checkpoints.map((_, span) => {
    const { start, end } = locateSpan(ztoc, span);
    return digestOf(layer.subarray(start, end));
  });
  return { ...ztoc, spanDigests };
}

function prove(layer: Uint8Array, ztoc: Ztoc, pieceBytes = 100_000): Findings {
  const findings = new Findings();
  const prover = new SpanProver(ztoc, findings);
  try {
    for (let start = 0; start < layer.length; start += pieceBytes) {
      prover.push(layer.subarray(start, start + pieceBytes));
    }
    prover.finish();
  } finally {
    prover.discard();
  }
  return findings;
}

/** Every boundary between two blocks, where a checkpoint may be. */
function boundariesOf(layer: Uint8Array): readonly Checkpoint[] {
  const { checkpoints } = inflateWithZlib(layer, 0)!;
  return checkpoints;
}

/** Every third item, starting with the first, so that spans have other lengths than ours. */
function everyThird<Item>(items: readonly Item[]): readonly Item[] {
  return items.filter((_, index) => index % 3 === 0);
}

const layers: readonly (readonly [string, Uint8Array])[] = [
  ['dynamic blocks', gzip(data)],
  ['fixed blocks', gzip(data, { strategy: constants.Z_FIXED })],
  ['stored blocks', gzip(data, { level: 0 })],
  [
    'a long header',
    concat(Uint8Array.of(0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3, 0x61, 0x62, 0), gzip(data).subarray(10)),
  ],
  [
    'several members',
    concat(gzip(data.subarray(0, 70_000)), gzip(data.subarray(70_000)), gzip(new Uint8Array(0))),
  ],
];

describe('good checkpoints', () => {
  test.each(layers)('are accepted at every block end, in pieces of any size: %s', (_, layer) => {
    const checkpoints = boundariesOf(layer);
    expect(checkpoints.length).toBeGreaterThan(2);
    for (const pieceBytes of [1_000_000, 4096, 333]) {
      expect(prove(layer, ztocWith(layer, checkpoints), pieceBytes)).toMatchObject({
        problems: [],
        warnings: [],
      });
    }
  });

  test.each(layers)('are accepted at some block ends only: %s', (_, layer) => {
    expect(prove(layer, ztocWith(layer, everyThird(boundariesOf(layer))))).toMatchObject({
      problems: [],
      warnings: [],
    });
  });

  test.each(layers)(
    'are accepted twice at the same place, with an empty span between them: %s',
    (_, layer) => {
      const checkpoints = everyThird(boundariesOf(layer)).flatMap((one) => [one, one]);
      for (const pieceBytes of [100_000, 333]) {
        expect(prove(layer, ztocWith(layer, checkpoints), pieceBytes)).toMatchObject({
          problems: [],
          warnings: [],
        });
      }
    },
  );

  test('are accepted if the layer arrives in pieces of one byte', () => {
    const [, layer] = layers[0]!;
    expect(prove(layer, ztocWith(layer, everyThird(boundariesOf(layer))), 1)).toMatchObject({ problems: [] });
  });

  test('are accepted if only the first member has any, as made by soci-snapshotter before 0.14', () => {
    const [first, second] = [gzip(data.subarray(0, 70_000)), gzip(data.subarray(70_000))];
    const layer = concat(first, second);
    const checkpoints = boundariesOf(layer).filter(({ compressedOffset }) => compressedOffset < first.length);
    expect(prove(layer, ztocWith(layer, checkpoints))).toMatchObject({ problems: [], warnings: [] });
  });

  test('are accepted for a layer that inflates to a thousand times its size', () => {
    const layer = gzip(new Uint8Array(30_000_000), { memLevel: 8 });
    const checkpoints = everyThird(boundariesOf(layer));
    expect(checkpoints.length).toBeGreaterThan(1);
    expect(prove(layer, ztocWith(layer, checkpoints))).toMatchObject({ problems: [], warnings: [] });
  });
});

describe('a checkpoint with one wrong number', () => {
  const [, layer] = layers[0]!;
  const good = everyThird(boundariesOf(layer)).slice(0, 8);

  test.each<readonly [string, (checkpoint: Checkpoint) => Checkpoint]>([
    ['one bit more', (one) => ({ ...one, bits: (one.bits + 1) % 8 })],
    ['one byte later', (one) => ({ ...one, compressedOffset: one.compressedOffset + 1 })],
    ['one byte earlier', (one) => ({ ...one, compressedOffset: one.compressedOffset - 1 })],
    ['one uncompressed byte later', (one) => ({ ...one, uncompressedOffset: one.uncompressedOffset + 1 })],
    ['no window', (one) => ({ ...one, window: new Uint8Array(32_768) })],
  ])('is detected at any position: %s', (_, change) => {
    for (let wrong = 1; wrong < good.length; wrong++) {
      const checkpoints = good.map((one, index) => (index === wrong ? change(one) : one));
      // The digests match the wrong spans, so only inflating reveals the fault.
      const { problems } = prove(layer, ztocWith(layer, checkpoints));
      expect({ wrong, problems: problems.join('\n') }).toEqual({
        wrong,
        problems: expect.stringMatching(new RegExp(`(checkpoint|span) ${wrong}\\b`)),
      });
    }
  });

  test('is reported with the byte that comes out wrong, and the window that causes it', () => {
    // A run of one byte over two blocks: the following data refers only to the previous byte.
    const run = gzip(new Uint8Array(400_000).fill(0x61), { memLevel: 1 });
    const [first, second] = boundariesOf(run) as [Checkpoint, Checkpoint];
    const window = second.window.map((byte, place) => (place === 32_767 ? 0x62 : byte));
    const { problems } = prove(run, ztocWith(run, [first, { ...second, window }]));
    const { compressedOffset, uncompressedOffset, bits } = second;
    expect(problems).toEqual([
      `span 1, from its checkpoint (byte ${compressedOffset} of the layer, ${bits} bits): ` +
        `byte ${uncompressedOffset} of the uncompressed data is 0x62 instead of 0x61; its window is wrong, starting at byte 32767`,
    ]);
  });

  test('causes only a warning if nothing refers to the wrong bytes', () => {
    const [first] = good as [Checkpoint];
    const window = new Uint8Array(32_768).fill(1);
    expect(prove(layer, ztocWith(layer, [{ ...first, window }]))).toMatchObject({
      problems: [],
      warnings: [
        'the window of checkpoint 0 differs from the data before it, starting at byte 0, but no data refers to the wrong bytes',
      ],
    });
  });
});

describe('a checkpoint that is not at the beginning of a block', () => {
  /** The problems found with a checkpoint at this byte of a stored block of two bytes, for 256 first bytes. */
  function problemsAt(place: number): readonly string[] {
    const problems = new Set<string>();
    for (let first = 0; first < 256; first++) {
      // 100 in the last three bits starts a dynamic block.
      const stored = Uint8Array.of(first, 0b100);
      const layer = gzipMember(new BitWriter().storedBlock(stored, true).toBytes(), stored);
      const window = new Uint8Array(32_768);
      window.set(stored.subarray(0, place), 32_768 - place);
      const start: Checkpoint = {
        compressedOffset: 10,
        uncompressedOffset: 0,
        bits: 0,
        window: new Uint8Array(32_768),
      };
      const wrong: Checkpoint = { compressedOffset: 15 + place, uncompressedOffset: place, bits: 0, window };
      for (const problem of prove(layer, ztocWith(layer, [start, wrong])).problems) {
        problems.add(problem.replace(/^.*: /, ''));
      }
    }
    return [...problems];
  }

  test('is detected if the span inflates to too few bytes', () => {
    expect(problemsAt(1)).toContain('it inflates to only 0 of its 1 bytes');
  });

  test('is detected if there is output after the end of the layer', () => {
    expect(problemsAt(2)).toContain('it inflates to more data than the layer has there');
  });
});

test('a wrong digest is reported with the bytes of its span', () => {
  const [, layer] = layers[0]!;
  const ztoc = ztocWith(layer, everyThird(boundariesOf(layer)));
  const spanDigests = ztoc.spanDigests.map((digest, span) => (span === 1 ? ztoc.spanDigests[0]! : digest));
  const { start, end } = locateSpan(ztoc, 1);
  expect(prove(layer, { ...ztoc, spanDigests }).problems).toEqual([
    `span 1 (bytes ${start} to ${end} of the layer): its digest is recorded as ${ztoc.spanDigests[0]}; it is ${ztoc.spanDigests[1]}`,
  ]);
});
