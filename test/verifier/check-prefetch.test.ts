// Forged prefetch artifacts of a SOCI index.
import { describe, expect, test } from '@jest/globals';
import type { Descriptor, Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { maximumPrefetchBytes } from '../../lambda-src/core/soci/prefetch.ts';
import { layerDigestAnnotation, sociPrefetchType } from '../../lambda-src/core/soci-names.ts';
import { blobOf, gzipLayer } from '../helpers/images.ts';
import {
  type Damage,
  damageImage,
  type JsonDescriptor,
  makeIndexedImage,
  problemsOf,
  verify,
} from './indexed-image.ts';

/** A layer with one span. */
const layer = gzipLayer('a');

function entryOf({ mediaType, digest, size }: Descriptor): JsonDescriptor {
  return { mediaType, digest, size, annotations: { [layerDigestAnnotation]: layer.descriptor.digest } };
}

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

  test('reports a missing artifact, one that is too large, and one of another size', async () => {
    const damage = async (change: { readonly digest?: Digest; readonly size?: number }) => {
      const store = await makeIndexedImage('V2', [layer]);
      const { descriptor, bytes } = blobOf(Buffer.from(artifactOf(0, 0)), sociPrefetchType);
      await store.pushBlob(descriptor, bytes);
      await damageImage(store, {
        sociIndex: ({ layers }) => layers.push({ ...entryOf(descriptor), ...change }),
      });
      return problemsOf(await verify(store));
    };
    const missing = `sha256:${'1'.repeat(64)}` as const;
    expect(await damage({ digest: missing })).toEqual([`prefetch artifact ${missing}: it is missing`]);
    expect(await damage({ size: maximumPrefetchBytes + 1 })).toEqual([
      expect.stringMatching(/: it has \d+ bytes; the maximum is \d+$/),
    ]);
    expect(await damage({ size: maximumPrefetchBytes })).toEqual([
      expect.stringMatching(/ends after \d+ of the \d+ bytes/),
    ]);
    expect(await damage({})).toEqual([]);
  });

  test('warns of a second artifact for a layer, and of one that is listed before a zTOC', async () => {
    const listed = [artifactOf(0, 0), `${artifactOf(0, 0)} `].map((text) =>
      blobOf(Buffer.from(text), sociPrefetchType),
    );
    const entries = listed.map(({ descriptor }) => entryOf(descriptor));
    const warningsOf = async (damage: Damage) => {
      const copy = await makeIndexedImage('V2', [layer]);
      for (const { descriptor, bytes } of listed) await copy.pushBlob(descriptor, bytes);
      await damageImage(copy, damage);
      const { status, warnings } = await verify(copy);
      expect(status).toBe('valid');
      return warnings;
    };
    expect(await warningsOf({ sociIndex: ({ layers }) => layers.push(entries[0]!) })).toEqual([]);
    expect(await warningsOf({ sociIndex: ({ layers }) => layers.push(...entries) })).toEqual([
      expect.stringMatching(
        new RegExp(
          `prefetch artifact ${entries[1]!.digest}: the layer ${layer.descriptor.digest} has another one, which runtimes use$`,
        ),
      ),
    ]);
    expect(await warningsOf({ sociIndex: ({ layers }) => layers.unshift(entries[0]!) })).toEqual([
      expect.stringMatching(/its prefetch artifacts are not listed after all zTOCs$/),
    ]);
  });

  test('accepts an artifact of any layer, and reports each that names none', async () => {
    const layers = [gzipLayer('one'), layer, gzipLayer('three')];
    const store = await makeIndexedImage('V2', layers);
    const { descriptor, bytes } = blobOf(Buffer.from(artifactOf(0, 0)), sociPrefetchType);
    await store.pushBlob(descriptor, bytes);
    await damageImage(store, { sociIndex: (manifest) => manifest.layers.push(entryOf(descriptor)) });
    expect(await verify(store)).toMatchObject({ status: 'valid', warnings: [] });
    const { mediaType, digest, size } = descriptor;
    const nameless = { mediaType, digest, size };
    await damageImage(store, { sociIndex: (manifest) => manifest.layers.push(nameless, nameless) });
    const verdict = await verify(store);
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
  ])('%s', async (_, artifact, layer, problem) => {
    const problems = await verdictOn(artifact, layer);
    expect(problems).toEqual(problem === undefined ? [] : [expect.stringMatching(problem)]);
  });
});
