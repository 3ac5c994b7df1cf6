import { constants, deflateRawSync, gzipSync, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import { GzipDecoder } from '../../../lambda-src/core/inflate/gzip-decoder.ts';
import { BitWriter } from '../../helpers/bits.ts';
import { decodeGzip, placesOf } from '../../helpers/decode.ts';
import { concat, gzipHeader, gzipMember, gzipOf, littleEndian, plainCrc32 } from '../../helpers/gzip.ts';
import { createRandom, mixedBytes } from '../../helpers/random.ts';
import { inflateWithZlib } from '../../helpers/zlib-blocks.ts';

const text = (words: string) => new TextEncoder().encode(words);

/** Decodes an invalid stream whole and one byte at a time, and returns the error. */
function refusalOf(compressed: Uint8Array): FormatError {
  const errors = [compressed.length || 1, 1].map((pieceBytes) => {
    try {
      decodeGzip(compressed, { pieceBytes });
    } catch (error) {
      return error;
    }
    throw new Error('the decoder accepted it');
  });
  for (const error of errors) expect(error).toBeInstanceOf(FormatError);
  const [whole, bytewise] = errors as [FormatError, FormatError];
  expect(bytewise.problem).toBe(whole.problem);
  return whole;
}

describe('checkpoints at known bit positions', () => {
  test('the first checkpoint is at the end of a plain header, byte-aligned, before any output', () => {
    const { checkpoints } = decodeGzip(gzipOf(text('hello')), { spanSizeBytes: 4096 });
    expect(placesOf(checkpoints)).toEqual([[10, 0, 0]]);
    expect(checkpoints[0]!.window).toEqual(new Uint8Array(32768));
  });

  test('a header with extra field, name, comment and CRC moves the first checkpoint to its end', () => {
    const rest = concat(
      Uint8Array.of(3, 0, 1, 2, 3), // extra field of 3 bytes
      text('name\0'),
      text('comment\0'),
    );
    const flags = 2 + 4 + 8 + 16;
    const crc = plainCrc32(gzipHeader({ flags, rest })) & 0xffff;
    const header = { flags, rest: concat(rest, littleEndian(crc, 2)) };
    const stream = gzipMember(new Uint8Array(deflateRawSync('x')), text('x'), header);
    for (const pieceBytes of [1, 1000]) {
      expect(placesOf(decodeGzip(stream, { pieceBytes }).checkpoints)).toEqual([[10 + 5 + 5 + 8 + 2, 0, 0]]);
    }
  });

  test('a block that ends within a byte leaves the remaining bits to the checkpoint', () => {
    // 3 bits of header, 8 for the literal, 7 for the end of block: 18 bits, so 6 bits of byte 12 belong to the next block.
    const deflated = new BitWriter().fixedBlock(text('a'), false).fixedBlock(text('b'), true).toBytes();
    const { checkpoints } = decodeGzip(gzipMember(deflated), { spanSizeBytes: 0 });
    expect(placesOf(checkpoints)).toEqual([
      [10, 0, 0],
      [13, 1, 6],
    ]);
    expect(checkpoints[1]!.window.subarray(-2)).toEqual(Uint8Array.of(0, 97));
  });

  test('a checkpoint after a stored block has no pending bits', () => {
    const deflated = new BitWriter().storedBlock(text('ab'), false).storedBlock(text('c'), true).toBytes();
    const { checkpoints } = decodeGzip(gzipMember(deflated), { spanSizeBytes: 0 });
    // The block header takes one byte (3 bits and padding), the lengths 4, the data 2.
    expect(placesOf(checkpoints)).toEqual([
      [10, 0, 0],
      [17, 2, 0],
    ]);
  });

  test('a checkpoint can have any of the eight bit positions', () => {
    for (let padding = 0; padding < 8; padding++) {
      // Each empty fixed block advances the position by 10 bits without output, each literal by 8.
      const writer = new BitWriter().fixedBlock(text('x'), false);
      for (let index = 0; index < padding; index++) writer.fixedBlock(new Uint8Array(0), false);
      const endOfEmptyBlocks = writer.length;
      writer.fixedBlock(text('y'), false);
      const bitPosition = writer.length;
      writer.fixedBlock(text('z'), true);
      const { checkpoints } = decodeGzip(gzipMember(writer.toBytes()), { spanSizeBytes: 0 });
      expect(endOfEmptyBlocks).toBe(18 + 10 * padding);
      expect(placesOf(checkpoints).at(-1)).toEqual([
        10 + Math.ceil(bitPosition / 8),
        2,
        (8 - (bitPosition % 8)) % 8,
      ]);
    }
  });

  test('every block boundary is a checkpoint until there is output', () => {
    const deflated = new BitWriter()
      .storedBlock(new Uint8Array(0), false)
      .storedBlock(new Uint8Array(0), false)
      .storedBlock(text('a'), true)
      .toBytes();
    const { checkpoints } = decodeGzip(gzipMember(deflated), { spanSizeBytes: 4096 });
    expect(placesOf(checkpoints)).toEqual([
      [10, 0, 0],
      [15, 0, 0],
      [20, 0, 0],
    ]);
  });

  test('an empty first member gets a checkpoint after its own header and one after the next header', () => {
    const empty = gzipOf(new Uint8Array(0));
    const { checkpoints } = decodeGzip(concat(empty, gzipOf(text('a'))), { spanSizeBytes: 4096 });
    expect(placesOf(checkpoints)).toEqual([
      [10, 0, 0],
      [empty.length + 10, 0, 0],
    ]);
  });

  test('a span ends when it exceeds the span size, not when it reaches it', () => {
    const places = (bytes: number) => {
      const deflated = new BitWriter()
        .storedBlock(new Uint8Array(bytes).fill(65), false)
        .storedBlock(text('z'), true)
        .toBytes();
      return placesOf(decodeGzip(gzipMember(deflated), { spanSizeBytes: 100 }).checkpoints).length;
    };
    expect(places(100)).toBe(1);
    expect(places(101)).toBe(2);
  });

  test("a member's last block is not followed by a checkpoint, but the next member's header can be", () => {
    const first = gzipOf(new Uint8Array(200).fill(65));
    const second = gzipOf(text('b'));
    const { checkpoints } = decodeGzip(concat(first, second), { spanSizeBytes: 100 });
    expect(placesOf(checkpoints)).toEqual([
      [10, 0, 0],
      [first.length + 10, 200, 0],
    ]);
  });

  test('the distance to the last checkpoint continues across members', () => {
    const member = gzipOf(new Uint8Array(60).fill(65));
    const { checkpoints } = decodeGzip(concat(member, member, member, member), { spanSizeBytes: 100 });
    expect(placesOf(checkpoints).map(([, uncompressedOffset]) => uncompressedOffset)).toEqual([0, 120]);
  });

  test('the window holds the output of earlier members', () => {
    const first = gzipOf(text('first'));
    const { checkpoints } = decodeGzip(concat(first, gzipOf(text('second'))), { spanSizeBytes: 0 });
    expect(new TextDecoder().decode(checkpoints[1]!.window.subarray(-5))).toBe('first');
    expect(checkpoints[1]!.window.subarray(0, -5).every((byte) => byte === 0)).toBe(true);
  });

  test('reports every compressed byte as consumed once, in order', () => {
    const random = createRandom(3);
    const stream = concat(gzipOf(mixedBytes(random, 300_000)), gzipOf(mixedBytes(random, 10)));
    for (const pieceBytes of [1, 7, 65536]) {
      expect(decodeGzip(stream, { spanSizeBytes: 1000, pieceBytes }).consumed).toEqual(stream);
    }
  });

  test('reports a checkpoint after exactly the bytes that precede it', () => {
    const stream = gzipOf(mixedBytes(createRandom(4), 500_000));
    let consumedBytes = 0;
    let checkpoints = 0;
    const decoder = new GzipDecoder(20_000, {
      onConsumed: (bytes) => (consumedBytes += bytes.length),
      onOutput() {},
      onCheckpoint: ({ compressedOffset }) => {
        checkpoints++;
        expect(compressedOffset).toBe(consumedBytes);
      },
    });
    decoder.push(stream);
    decoder.finish();
    expect(checkpoints).toBeGreaterThan(5);
  });
});

const compressors: readonly (readonly [string, ZlibOptions])[] = [
  ...[1, 2, 5, 6, 9].map((level) => [`level ${level}`, { level }] as const),
  ['stored', { level: 0 }],
  ['Huffman codes only', { strategy: constants.Z_HUFFMAN_ONLY }],
  ['run lengths only', { strategy: constants.Z_RLE }],
  ['fixed codes only', { strategy: constants.Z_FIXED }],
  ['filtered', { strategy: constants.Z_FILTERED }],
  ['a window of 512 bytes', { windowBits: 9 }],
  ['the smallest memory', { memLevel: 1 }],
  ['the largest memory', { memLevel: 9 }],
];

describe.each(compressors)('a stream compressed with %s', (_, options) => {
  const data = mixedBytes(createRandom(1), 700_000);
  const stream = new Uint8Array(gzipSync(data, options));

  test.each([0, 1000, 65536, 4 * 1024 * 1024])(
    'has the same checkpoints as with zlib at a span size of %i',
    (spanSizeBytes) => {
      const { output, checkpoints } = decodeGzip(stream, { spanSizeBytes });
      const oracle = inflateWithZlib(stream, spanSizeBytes)!;
      expect(Buffer.from(output).equals(data)).toBe(true);
      expect(placesOf(checkpoints)).toEqual(placesOf(oracle.checkpoints));
      expect(
        checkpoints.every((one, index) => Buffer.from(one.window).equals(oracle.checkpoints[index]!.window)),
      ).toBe(true);
    },
  );

  test('decodes to the same result one byte at a time', () => {
    const short = new Uint8Array(gzipSync(data.subarray(0, 60_000), options));
    expect(decodeGzip(short, { spanSizeBytes: 4096, pieceBytes: 1 })).toEqual(
      decodeGzip(short, { spanSizeBytes: 4096 }),
    );
  });
});

describe('every match length and distance', () => {
  test('is decoded correctly', () => {
    // Fixed code: 257 to 279 have 7 bits starting at 0000000, 280 to 285 have 8 bits starting at 11000000; distances have 5 bits.
    const extraBitsOfLength = (symbol: number) => (symbol < 265 || symbol === 285 ? 0 : (symbol - 261) >> 2);
    const extraBitsOfDistance = (symbol: number) => (symbol < 4 ? 0 : (symbol - 2) >> 1);
    const seedBytes = mixedBytes(createRandom(9), 32768);
    const writer = new BitWriter().storedBlock(seedBytes, false).put(1, 1).put(1, 2);
    const expected = [...seedBytes];
    const match = (
      lengthSymbol: number,
      lengthExtra: number,
      distanceSymbol: number,
      distanceExtra: number,
    ) => {
      const lengthCode = lengthSymbol < 280 ? lengthSymbol - 256 : 0xc0 + lengthSymbol - 280;
      writer.code(lengthCode.toString(2).padStart(lengthSymbol < 280 ? 7 : 8, '0'));
      writer.put(lengthExtra, extraBitsOfLength(lengthSymbol));
      writer
        .code(distanceSymbol.toString(2).padStart(5, '0'))
        .put(distanceExtra, extraBitsOfDistance(distanceSymbol));
      let length = 3;
      for (let symbol = 257; symbol < lengthSymbol; symbol++) length += 2 ** extraBitsOfLength(symbol);
      if (lengthSymbol === 285) length = 258;
      let distance = 1;
      for (let symbol = 0; symbol < distanceSymbol; symbol++) distance += 2 ** extraBitsOfDistance(symbol);
      for (let count = 0; count < length + lengthExtra; count++)
        expected.push(expected.at(-distance - distanceExtra)!);
    };
    for (let lengthSymbol = 257; lengthSymbol <= 285; lengthSymbol++) {
      for (const extra of new Set([0, 2 ** extraBitsOfLength(lengthSymbol) - 1]))
        match(lengthSymbol, extra, 2, 0);
    }
    for (let distanceSymbol = 0; distanceSymbol < 30; distanceSymbol++) {
      for (const extra of new Set([0, 2 ** extraBitsOfDistance(distanceSymbol) - 1])) {
        match(285, 0, distanceSymbol, extra);
        match(264, 0, distanceSymbol, extra);
      }
    }
    const deflated = writer.endOfFixedBlock().toBytes();
    const data = Uint8Array.from(expected);
    for (const pieceBytes of [1, 100_000]) {
      const { output } = decodeGzip(gzipMember(deflated, data), { pieceBytes });
      expect(Buffer.from(output).equals(data)).toBe(true);
    }
  });
});

describe('invalid streams', () => {
  const good = gzipOf(text('a layer'));
  const withByte = (index: number, byte: number) => good.map((old, at) => (at === index ? byte : old));

  test.each<readonly [string, Uint8Array, RegExp]>([
    ['empty input', new Uint8Array(0), /is truncated \(at byte 0\)/],
    ['wrong magic bytes', withByte(0, 0x50), /first bytes are not 1f 8b \(at byte 1\)/],
    ['a zlib stream', Uint8Array.of(0x78, 0x9c, 3, 0, 0, 0, 0, 1), /first bytes are not 1f 8b/],
    ['a wrong compression method', withByte(2, 7), /method is not deflate \(at byte 3\)/],
    ['reserved flags', withByte(3, 0x20), /reserved header flags/],
    ['a wrong CRC-32', withByte(good.length - 8, good.at(-8)! ^ 1), /CRC-32 in its trailer/],
    ['a wrong length', withByte(good.length - 4, good.at(-4)! ^ 1), /length in its trailer/],
    ['a truncated header', good.subarray(0, 7), /is truncated \(at byte 7\)/],
    ['truncated data', good.subarray(0, good.length - 10), /is truncated/],
    ['a truncated trailer', good.subarray(0, good.length - 1), /is truncated/],
    ['a truncated header of a second member', concat(good, good.subarray(0, 4)), /is truncated/],
    ['garbage after the last member', concat(good, text('garbage')), /first bytes are not 1f 8b/],
    ['zeros after the last member', concat(good, new Uint8Array(512)), /first bytes are not 1f 8b/],
    ['a reserved block type', gzipMember(new BitWriter().put(7, 3).toBytes(), text('')), /block type 3/],
    [
      'a stored block whose lengths disagree',
      gzipMember(new BitWriter().put(1, 3).bytes(1, 0, 0, 0, 65).toBytes(), text('A')),
      /length of a stored block/,
    ],
    [
      'a match before the start of the stream',
      // Literal 'a', then length 3 (0000001) at distance 2 (00001).
      gzipMember(
        new BitWriter()
          .put(1, 1)
          .put(1, 2)
          .code('10010001')
          .code('0000001')
          .code('00001')
          .put(0, 64)
          .toBytes(),
        text(''),
      ),
      /reaches back before the start/,
    ],
    [
      'a match that reaches into the previous member',
      concat(
        good,
        gzipMember(
          new BitWriter().put(1, 1).put(1, 2).code('0000001').code('00000').put(0, 64).toBytes(),
          text(''),
        ),
      ),
      /reaches back before the start/,
    ],
    [
      'literal and length symbol 286',
      gzipMember(new BitWriter().put(1, 1).put(1, 2).code('11000110').put(0, 64).toBytes(), text('')),
      /an unassigned code/,
    ],
    [
      'distance symbol 30',
      gzipMember(
        new BitWriter()
          .put(1, 1)
          .put(1, 2)
          .code('10010001')
          .code('0000001')
          .code('11110')
          .put(0, 64)
          .toBytes(),
        text(''),
      ),
      /an unassigned code/,
    ],
    [
      'more than 286 literal and length codes',
      gzipMember(
        new BitWriter().put(1, 1).put(2, 2).put(30, 5).put(0, 5).put(0, 4).put(0, 64).toBytes(),
        text(''),
      ),
      /more codes than there are symbols/,
    ],
    [
      'more than 30 distance codes',
      gzipMember(
        new BitWriter().put(1, 1).put(2, 2).put(0, 5).put(30, 5).put(0, 4).put(0, 64).toBytes(),
        text(''),
      ),
      /more codes than there are symbols/,
    ],
    [
      'an incomplete code for the code lengths',
      gzipMember(
        new BitWriter().put(1, 1).put(2, 2).put(0, 5).put(0, 5).put(0, 4).put(1, 3).put(0, 80).toBytes(),
        text(''),
      ),
      /code lengths of a dynamic block/,
    ],
    [
      'a repeat without a preceding code length',
      // Two code length codes of one bit: 16 and 17; the first code is 16.
      gzipMember(
        new BitWriter()
          .put(1, 1)
          .put(2, 2)
          .put(0, 5)
          .put(0, 5)
          .put(0, 4)
          .put(1, 3)
          .put(1, 3)
          .put(0, 80)
          .toBytes(),
        text(''),
      ),
      /code lengths of a dynamic block/,
    ],
    [
      'a wrong header CRC',
      concat(gzipHeader({ flags: 2 }), Uint8Array.of(0, 0), good.subarray(10)),
      /header does not match/,
    ],
  ])('rejects %s', (_, stream, sentence) => {
    expect(refusalOf(stream).message).toMatch(sentence);
  });

  test('rejects a dynamic block without an end-of-block code, which would never end', () => {
    // Code length codes 1 and 18, one bit each ('0' for 1, '1' for 18): literals 0 and 1 have one bit, 256 has none.
    const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    const writer = new BitWriter().put(1, 1).put(2, 2).put(0, 5).put(0, 5).put(14, 4);
    for (const symbol of order.slice(0, 18)) writer.put(symbol === 1 || symbol === 18 ? 1 : 0, 3);
    writer.code('0').code('0'); // lengths of literals 0 and 1
    writer
      .code('1')
      .put(127, 7)
      .code('1')
      .put(255 - 138 - 11, 7); // 138 and 117 zeros: literals 2 to 256
    writer.code('0').put(0, 64); // one distance code
    expect(refusalOf(gzipMember(writer.toBytes(), text(''))).message).toMatch(/no code for its end/);
  });

  test('accepts a name of 511 bytes and its NUL, and a longer name only after the end of the tar', () => {
    const named = (flags: number, bytes: number) =>
      gzipMember(new Uint8Array(deflateRawSync('x')), text('x'), {
        flags,
        rest: text(`${'n'.repeat(bytes)}\0`),
      });
    for (const flags of [8, 16]) {
      expect(decodeGzip(named(flags, 511)).output).toEqual(text('x'));
      expect(refusalOf(named(flags, 512)).message).toMatch(
        /name or comment in the header has 512 bytes or more/,
      );
      expect(decodeGzip(named(flags, 100_000), { longNames: true, pieceBytes: 1000 }).output).toEqual(
        text('x'),
      );
    }
  });

  test('accepts an extra field of the maximum size', () => {
    const rest = concat(Uint8Array.of(255, 255), new Uint8Array(65535).fill(7));
    const stream = gzipMember(new Uint8Array(deflateRawSync('x')), text('x'), { flags: 4, rest });
    expect(placesOf(decodeGzip(stream, { spanSizeBytes: 0, pieceBytes: 999 }).checkpoints)).toEqual([
      [10 + 2 + 65535, 0, 0],
    ]);
  });
});

describe('dynamic blocks with given code lengths', () => {
  /** Sixteen code length codes of 4 bits each, so every length is written as is, highest bit first. */
  function dynamicBlock(
    literalLengths: ReadonlyMap<number, number>,
    distanceLengths: readonly number[],
  ): BitWriter {
    const writer = new BitWriter()
      .put(1, 1)
      .put(2, 2)
      .put(286 - 257, 5)
      .put(distanceLengths.length - 1, 5)
      .put(15, 4);
    for (const symbol of [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15])
      writer.put(symbol < 16 ? 4 : 0, 3);
    const lengths = Array.from({ length: 286 }, (_, symbol) => literalLengths.get(symbol) ?? 0);
    for (const length of [...lengths, ...distanceLengths]) writer.code(length.toString(2).padStart(4, '0'));
    return writer;
  }
  const member = (writer: BitWriter, data: string) => gzipMember(writer.toBytes(), text(data));
  const end = 256;

  test('decodes the literals a and b and the end-of-block code, with 1 and 2 bits', () => {
    const codes = new Map([
      [97, 1],
      [98, 2],
      [end, 2],
    ]);
    expect(
      decodeGzip(member(dynamicBlock(codes, [0]).code('0').code('10').code('0').code('11'), 'aba')).output,
    ).toEqual(text('aba'));
  });

  test('decodes codes of 15 bits, which need subtables', () => {
    // 1, 2, ... 14, 15, 15 bits form a complete code. Symbol 65 + n has n + 1 bits, the end-of-block code has 15.
    const codes = new Map(Array.from({ length: 15 }, (_, index) => [65 + index, index + 1] as const));
    const all = new Map([...codes, [end, 15]]);
    const codeOf = (index: number) => `${'1'.repeat(index)}0`;
    const writer = dynamicBlock(all, [0]);
    const order = [14, 0, 13, 5, 14, 12, 11, 10, 14];
    for (const index of order) writer.code(codeOf(index));
    const data = order.map((index) => String.fromCharCode(65 + index)).join('');
    const stream = member(writer.code('1'.repeat(15)), data);
    for (const pieceBytes of [1, 1000]) {
      expect(decodeGzip(stream, { pieceBytes }).output).toEqual(text(data));
    }
  });

  test('decodes the longest match, 48 bits, at every bit position, followed by a literal of 11 bits', () => {
    // Literals a to n have 1 to 14 bits, the end and length 227 to 258 have 15; distance 24577 to 32768 has 15.
    const codes = new Map(Array.from({ length: 14 }, (_, index) => [97 + index, index + 1] as const));
    const distances = Array.from({ length: 30 }, (_, symbol) =>
      symbol < 14 ? symbol + 1 : symbol < 28 ? 0 : 15,
    );
    const writer = dynamicBlock(new Map([...codes, [end, 15], [284, 15]]), distances);
    const random = createRandom(7);
    for (let count = 0; count < 33_000; count++) writer.code(random.pick(['0', '10']));
    for (let extraBits = 0; extraBits < 32; extraBits++) {
      writer
        .code('1'.repeat(15))
        .put(extraBits, 5)
        .code('1'.repeat(15))
        .put(8191 - extraBits, 13);
      writer.code('11111111110'); // k
      if (extraBits % 3 === 0) writer.code('0');
    }
    for (let count = 0; count < 500; count++) writer.code('0');
    const deflated = writer.code('1'.repeat(14) + '0').toBytes();
    const expected = new Uint8Array(inflateRawSync(deflated));
    for (const pieceBytes of [1000, 100_000]) {
      expect(Buffer.compare(decodeGzip(gzipMember(deflated), { pieceBytes }).output, expected)).toBe(0);
    }
  });

  test('accepts an incomplete code that has only an end-of-block code of one bit', () => {
    expect(decodeGzip(member(dynamicBlock(new Map([[end, 1]]), [0]).code('0'), '')).output).toHaveLength(0);
    expect(
      refusalOf(
        member(
          dynamicBlock(new Map([[end, 1]]), [0])
            .code('1')
            .put(0, 64),
          '',
        ),
      ).problem,
    ).toMatch(/an unassigned code/);
  });

  test('accepts an incomplete code that has only one distance code of one bit', () => {
    const codes = new Map([
      [97, 1],
      [257, 2],
      [end, 2],
    ]);
    const writer = () => dynamicBlock(codes, [1]).code('0').code('11');
    expect(decodeGzip(member(writer().code('0').code('10'), 'aaaa')).output).toEqual(text('aaaa'));
    expect(refusalOf(member(writer().code('1').put(0, 64), 'aaaa')).problem).toMatch(/an unassigned code/);
  });

  test('accepts a block without distance codes if it has no match', () => {
    const codes = new Map([
      [97, 1],
      [257, 2],
      [end, 2],
    ]);
    expect(decodeGzip(member(dynamicBlock(codes, [0]).code('0').code('10'), 'a')).output).toEqual(text('a'));
    expect(refusalOf(member(dynamicBlock(codes, [0]).code('0').code('11').put(0, 64), 'a')).problem).toMatch(
      /an unassigned code/,
    );
  });

  test.each<readonly [string, readonly (readonly [number, number])[], readonly number[], RegExp]>([
    [
      'an oversubscribed literal code',
      [
        [97, 1],
        [98, 1],
        [end, 1],
      ],
      [0],
      /literal and length code/,
    ],
    [
      'an incomplete literal code',
      [
        [97, 2],
        [end, 2],
      ],
      [0],
      /literal and length code/,
    ],
    ['a single literal code of two bits', [[end, 2]], [0], /literal and length code/],
    [
      'an oversubscribed distance code',
      [
        [97, 1],
        [end, 1],
      ],
      [1, 1, 1],
      /distance code/,
    ],
    [
      'an incomplete distance code',
      [
        [97, 1],
        [end, 1],
      ],
      [2, 2],
      /distance code/,
    ],
    [
      'a single distance code of two bits',
      [
        [97, 1],
        [end, 1],
      ],
      [2],
      /distance code/,
    ],
    [
      'a missing end-of-block code',
      [
        [97, 1],
        [98, 1],
      ],
      [0],
      /no code for its end/,
    ],
  ])('rejects %s', (_, literals, distances, sentence) => {
    expect(refusalOf(member(dynamicBlock(new Map(literals), distances).put(0, 64), '')).problem).toMatch(
      sentence,
    );
  });

  test('rejects a repeat that extends one past the last code length', () => {
    // Code length codes 1 (code 0) and 18 (code 1), one bit each; 257 literals and one distance.
    const writer = () => {
      const header = new BitWriter().put(1, 1).put(2, 2).put(0, 5).put(0, 5).put(14, 4);
      for (const symbol of [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1]) {
        header.put(symbol === 1 || symbol === 18 ? 1 : 0, 3);
      }
      return header;
    };
    const repeatZeros = (count: number) => (header: BitWriter) => header.code('1').put(count - 11, 7);
    const fill = (last: number) => {
      const header = writer();
      for (const count of [138, last]) repeatZeros(count)(header);
      return header.put(0, 64);
    };
    expect(refusalOf(member(fill(121), '')).problem).toMatch(/code lengths/);
    // One zero fewer ends at the distance code, so only the end-of-block code is missing.
    expect(refusalOf(member(fill(120), '')).problem).toMatch(/no code for its end/);
  });
});

test.each([0, 1])('detects a wrong byte %i in the header CRC', (index) => {
  const crc = littleEndian(plainCrc32(gzipHeader({ flags: 2 })) & 0xffff, 2);
  const right = gzipMember(new Uint8Array(deflateRawSync('x')), text('x'), { flags: 2, rest: crc });
  expect(decodeGzip(right).output).toEqual(text('x'));
  const wrong = right.map((byte, at) => (at === 10 + index ? byte ^ 0x40 : byte));
  expect(refusalOf(wrong).problem).toMatch(/header does not match its CRC/);
});

describe('resuming at a checkpoint', () => {
  test.each(compressors)(
    'decodes the rest of a stream compressed with %s from every checkpoint',
    (_, options) => {
      const data = mixedBytes(createRandom(5), 400_000);
      const stream = concat(new Uint8Array(gzipSync(data, options)), gzipOf(text('another member')));
      const { output, checkpoints } = decodeGzip(stream, { spanSizeBytes: 30_000 });
      for (const checkpoint of checkpoints) {
        const pieces: Uint8Array[] = [];
        const decoder = new GzipDecoder(
          Infinity,
          { onOutput: (bytes) => pieces.push(bytes.slice()) },
          checkpoint,
        );
        const start = checkpoint.compressedOffset - (checkpoint.bits > 0 ? 1 : 0);
        for (let at = start; at < stream.length; at += 10_000) decoder.push(stream.subarray(at, at + 10_000));
        decoder.finish();
        expect(Buffer.concat(pieces).equals(output.subarray(checkpoint.uncompressedOffset))).toBe(true);
      }
    },
  );

  test('checks the trailer of a later member', () => {
    const first = gzipOf(mixedBytes(createRandom(6), 100_000));
    const second = gzipOf(text('another member'));
    second[second.length - 8]! ^= 1;
    const stream = concat(first, second);
    const checkpoint = decodeGzip(concat(first, gzipOf(text('x'))), { spanSizeBytes: 40_000 })
      .checkpoints[1]!;
    const decoder = new GzipDecoder(Infinity, { onOutput() {} }, checkpoint);
    const start = checkpoint.compressedOffset - (checkpoint.bits > 0 ? 1 : 0);
    expect(() => {
      decoder.push(stream.subarray(start));
    }).toThrow(/CRC-32/);
    decoder.release();
  });
});

describe('random and mutated streams', () => {
  test('are accepted exactly when zlib accepts them, with the same output', () => {
    let refused = 0;
    for (let seed = 0; seed < 400; seed++) {
      const random = createRandom(seed);
      const data = mixedBytes(random, 1 + random.below(6000));
      const stream = new Uint8Array(gzipSync(data, random.pick(compressors)[1]));
      for (let flips = random.below(4); flips > 0; flips--) {
        const at =
          random.below(3) === 0
            ? random.below(stream.length)
            : 10 + random.below(Math.min(60, stream.length - 10));
        stream[at]! ^= 1 << random.below(8);
      }
      const spanSizeBytes = random.below(2000);
      const oracle = inflateWithZlib(stream, spanSizeBytes);
      let decoded;
      try {
        decoded = decodeGzip(stream, {
          spanSizeBytes,
          longNames: true,
          pieceBytes: 1 + random.below(stream.length),
        });
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        refused++;
      }
      expect({ seed, taken: decoded !== undefined }).toEqual({ seed, taken: oracle !== undefined });
      if (decoded === undefined || oracle === undefined) continue;
      expect(Buffer.from(decoded.output).equals(oracle.output)).toBe(true);
      expect({ seed, checkpoints: placesOf(decoded.checkpoints) }).toEqual({
        seed,
        checkpoints: placesOf(oracle.checkpoints),
      });
    }
    expect(refused).toBeGreaterThan(50);
    expect(refused).toBeLessThan(350);
  });
});
