// Forged prefetch artifacts of a SOCI index.
import { describe, expect, test } from '@jest/globals';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { layerDigestAnnotation, sociPrefetchType } from '../../lambda-src/core/soci-names.ts';
import { blobOf, gzipLayer } from '../helpers/images.ts';
import { damageImage, makeIndexedImage, problemsOf, verify } from './indexed-image.ts';

/** A layer with one span. */
const layer = gzipLayer('a');

describe('verify', () => {
  async function verdictOn(
    artifact: string,
    forLayer: Digest = layer.descriptor.digest,
  ): Promise<readonly string[]> {
    const store = await makeIndexedImage('V2', [layer]);
    const { descriptor, bytes } = blobOf(Buffer.from(artifact), sociPrefetchType);
    await store.pushBlob(descriptor, bytes);
    const { mediaType, digest, size } = descriptor;
    await damageImage(store, {
      sociIndex: ({ layers }) =>
        layers.push({ mediaType, digest, size, annotations: { [layerDigestAnnotation]: forLayer } }),
    });
    return problemsOf(await verify(store));
  }

  const artifactOf = (start: number, end: number) =>
    JSON.stringify({ version: '1.0', prefetch_spans: [{ start_span: start, end_span: end }] });

  test.each<readonly [string, string, Digest | undefined, RegExp | undefined]>([
    ['accepts the spans of a layer', artifactOf(0, 0), undefined, undefined],
    [
      'reports a span that the layer does not have',
      artifactOf(0, 1),
      undefined,
      /spans 0 to 1, but the layer's last span is 0/,
    ],
    [
      'reports a range that ends before it starts',
      artifactOf(1, 0),
      undefined,
      /prefetch_spans\[0\]: expected/,
    ],
    ['reports another version', '{"version":"2.0","prefetch_spans":[]}', undefined, /expected version 1\.0/],
    ['reports invalid JSON', 'spans', undefined, /it is not JSON/],
    [
      'reports a layer that the image does not have',
      artifactOf(0, 0),
      `sha256:${'1'.repeat(64)}`,
      /has no zTOC in this index/,
    ],
  ])('%s', async (_, artifact, layer, problem) => {
    const problems = await verdictOn(artifact, layer);
    expect(problems).toEqual(problem === undefined ? [] : [expect.stringMatching(problem)]);
  });
});
