// PooledSpanDigests returns the same digests as SpanDigests, whatever the sizes of spans and pieces.
import { expect, test } from '@jest/globals';
import { digestOf } from '../../../lambda-src/core/oci/descriptor.ts';
import { PooledSpanDigests } from '../../../lambda-src/core/ztoc/pooled-span-digests.ts';
import { SpanDigests } from '../../../lambda-src/core/ztoc/span-digests.ts';
import { createRandom, mixedBytes } from '../../helpers/random.ts';

const mebibyte = 1024 * 1024;

/** @param spans The start of each span, and how many bits it uses of the previous byte. */
async function digest(
  layer: Uint8Array,
  spans: readonly (readonly [start: number, bits: number])[],
  pieceBytes: number,
): Promise<void> {
  const pooled = new PooledSpanDigests();
  const own = new SpanDigests();
  const piece = new Uint8Array(pieceBytes);
  let next = 0;
  for (const [start, bits] of [...spans, [layer.length, 0] as const]) {
    while (next < start) {
      const bytes = layer.subarray(next, Math.min(next + pieceBytes, start));
      piece.set(bytes);
      for (const digester of [pooled, own]) digester.add(piece.subarray(0, bytes.length));
      piece.fill(0xee);
      next += bytes.length;
      await pooled.ready();
    }
    if (start < layer.length) for (const digester of [pooled, own]) digester.startSpan(bits);
  }
  await pooled.settle();
  const digests = own.finish();
  expect(digests).toHaveLength(spans.length);
  expect(pooled.finish()).toEqual(digests);
}

test('digests spans of many sizes, some of which share a byte', async () => {
  const random = createRandom(1);
  const layer = mixedBytes(random, 3 * mebibyte);
  const spans: [number, number][] = [];
  for (let start = 10; start < layer.length; start += 1 + random.below(random.pick([10, 40_000, 900_000]))) {
    spans.push([start, random.below(8)]);
  }
  expect(spans.length).toBeGreaterThan(10);
  await digest(layer, spans, 60_000);
  await digest(layer, spans, 1 << 20);
});

test.each([-1, 0, 1])('digests a span of 16 MiB and %i bytes, and its neighbors', async (more) => {
  const layer = new Uint8Array(20 * mebibyte);
  layer.forEach((_, index) => (layer[index] = index % 251));
  await digest(
    layer,
    [
      [5, 0],
      [100_000, 3],
      [100_000 + 16 * mebibyte + more, 1],
    ],
    700_001,
  );
});

test('returns no digests without spans', async () => {
  await digest(new Uint8Array(100), [], 10);
  await digest(new Uint8Array(0), [], 10);
});

test('throws if digests are requested before they are ready', async () => {
  const digests = new PooledSpanDigests();
  const span = new Uint8Array(mebibyte);
  digests.startSpan(0);
  digests.add(span);
  digests.startSpan(0);
  expect(() => digests.finish()).toThrow('not been computed yet');
  await digests.settle();
  expect(digests.finish()).toEqual([digestOf(span), digestOf(new Uint8Array(0))]);
});
