// Forged prefetch artifacts of a SOCI index.
import { describe, expect, test } from '@jest/globals';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { maximumPrefetchBytes } from '../../lambda-src/core/soci/prefetch.ts';
import { layerDigestAnnotation, sociPrefetchType } from '../../lambda-src/core/soci-names.ts';
import { blobOf, gzipLayer } from '../helpers/images.ts';
import type { ImageVerdict } from '../../lambda-src/verifier/verdict.ts';
import { damageImage, type JsonDescriptor, makeIndexedImage, problemsOf, verify } from './indexed-image.ts';

/** A layer with one span. */
const layer = gzipLayer('a');

const artifactOf = (start: number, end: number) =>
  JSON.stringify({ version: '1.0', prefetch_spans: [{ start_span: start, end_span: end }] });

/**
 * The verdict on an indexed image whose SOCI index lists these prefetch artifacts.
 *
 * @param place Puts the entries of the artifacts, which are for `layer`, into the list. @default after the zTOCs
 */
async function verdictOn(
  artifacts: readonly string[],
  place: (entries: JsonDescriptor[], list: JsonDescriptor[]) => void = (entries, list) =>
    list.push(...entries),
  imageLayers = [layer],
): Promise<ImageVerdict> {
  const store = await makeIndexedImage('V2', imageLayers);
  const blobs = artifacts.map((artifact) => blobOf(Buffer.from(artifact), sociPrefetchType));
  for (const { descriptor, bytes } of blobs) await store.pushBlob(descriptor, bytes);
  const entries = blobs.map(({ descriptor: { mediaType, digest, size } }): JsonDescriptor => {
    return { mediaType, digest, size, annotations: { [layerDigestAnnotation]: layer.descriptor.digest } };
  });
  await damageImage(store, {
    sociIndex: ({ layers }) => {
      place(entries, layers);
    },
  });
  return verify(store);
}

const good = artifactOf(0, 0);

describe('verify', () => {
  test('reports a missing artifact, one that is too large, and one of another size', async () => {
    const problemsAfter = async (change: Partial<JsonDescriptor>) =>
      problemsOf(await verdictOn([good], ([entry], list) => list.push({ ...entry!, ...change })));
    const missing = `sha256:${'1'.repeat(64)}` as const;
    expect(await problemsAfter({ digest: missing })).toEqual([`prefetch artifact ${missing}: it is missing`]);
    expect(await problemsAfter({ size: maximumPrefetchBytes + 1 })).toEqual([
      expect.stringMatching(/: it has \d+ bytes; the maximum is \d+$/),
    ]);
    expect(await problemsAfter({ size: maximumPrefetchBytes })).toEqual([
      expect.stringMatching(/ends after \d+ of the \d+ bytes/),
    ]);
    expect(await problemsAfter({})).toEqual([]);
  });

  test('warns of a second artifact for a layer, and of one that is listed before a zTOC', async () => {
    const second = `${good} `;
    const { digest } = blobOf(Buffer.from(second), sociPrefetchType).descriptor;
    expect(await verdictOn([good])).toMatchObject({ status: 'valid', warnings: [] });
    expect(await verdictOn([good, second])).toMatchObject({
      status: 'valid',
      warnings: [
        expect.stringMatching(
          new RegExp(
            `prefetch artifact ${digest}: the layer ${layer.descriptor.digest} has another one, which runtimes use$`,
          ),
        ),
      ],
    });
    expect(await verdictOn([good], (entries, list) => list.unshift(...entries))).toMatchObject({
      status: 'valid',
      warnings: [expect.stringMatching(/its prefetch artifacts are not listed after all zTOCs$/)],
    });
  });

  test('accepts an artifact of any layer, and reports each that names none', async () => {
    const layers = [gzipLayer('one'), layer, gzipLayer('three')];
    expect(await verdictOn([good], undefined, layers)).toMatchObject({ status: 'valid', warnings: [] });
    const verdict = await verdictOn(
      [good],
      ([entry], list) => {
        const { mediaType, digest, size } = entry!;
        const nameless = { mediaType, digest, size };
        list.push(entry!, nameless, nameless);
      },
      layers,
    );
    const { digest } = blobOf(Buffer.from(good), sociPrefetchType).descriptor;
    expect(problemsOf(verdict)).toEqual(Array(2).fill(`prefetch artifact ${digest}: it names no layer`));
    expect(verdict.warnings).toEqual([]);
  });

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
  ])('%s', async (_, artifact, forLayer = layer.descriptor.digest, problem) => {
    const verdict = await verdictOn([artifact], ([entry], list) =>
      list.push({ ...entry!, annotations: { [layerDigestAnnotation]: forLayer } }),
    );
    expect(problemsOf(verdict)).toEqual(problem === undefined ? [] : [expect.stringMatching(problem)]);
  });
});
