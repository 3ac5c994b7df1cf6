import { expect, test } from '@jest/globals';
import { digestOf } from '../../../lambda-src/core/oci/descriptor.ts';
import { SpanDigests } from '../../../lambda-src/core/ztoc/span-digests.ts';
import {
  countUncompressedSpans,
  UncompressedSpans,
} from '../../../lambda-src/core/ztoc/uncompressed-spans.ts';

test.each([
  [0, 10, 1],
  [1, 10, 1],
  [9, 10, 3],
  [10, 10, 3],
  [11, 10, 3],
  [100, 1, 7],
  [100, 1000, 100],
  [1000, 100, 64],
])('digests %i bytes in spans of %i, in pieces of %i', (layerBytes, spanSizeBytes, pieceBytes) => {
  const layer = Uint8Array.from({ length: layerBytes }, (_, index) => index % 251);
  const spans = new UncompressedSpans(spanSizeBytes, new SpanDigests());
  for (let start = 0; start < layerBytes; start += pieceBytes)
    spans.add(layer.subarray(start, start + pieceBytes));
  const expected = [];
  for (let start = 0; start < layerBytes; start += spanSizeBytes) {
    expected.push(digestOf(layer.subarray(start, start + spanSizeBytes)));
  }
  expect(spans.finish()).toEqual(expected);
  expect(countUncompressedSpans(layerBytes, spanSizeBytes)).toBe(expected.length);
});
