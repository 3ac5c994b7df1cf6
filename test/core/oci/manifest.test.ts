import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import { digestOf, type Descriptor } from '../../../lambda-src/core/oci/descriptor.ts';
import {
  encodeIndex,
  encodeManifest,
  maximumManifestBytes,
  parseIndex,
  parseManifest,
  type ImageIndex,
  type ImageManifest,
} from '../../../lambda-src/core/oci/manifest.ts';

const a = `sha256:${'a'.repeat(64)}` as const;
const b = `sha256:${'b'.repeat(64)}` as const;
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: a, size: 2 };
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: b, size: 10 };
const plain = { schemaVersion: 2, config, layers: [layer] };

const bytesOf = (document: unknown): Buffer =>
  Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));

function problemOf(parse: (bytes: Uint8Array) => unknown, document: unknown): string {
  try {
    parse(bytesOf(document));
  } catch (error) {
    if (error instanceof FormatError) return error.problem;
    throw error;
  }
  throw new Error('expected an error');
}

describe('a manifest', () => {
  test('is read with all its known fields', () => {
    const manifest: ImageManifest = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: 'a/b',
      config: { ...config, data: 'e30=' },
      layers: [{ ...layer, urls: ['https://example.com/layer'], annotations: { k: 'v' } }, layer],
      subject: { mediaType: 'c/d', digest: b, size: 3, artifactType: 'e/f' },
      annotations: { __proto__x: 'y', empty: '' },
    };
    expect(parseManifest(bytesOf({ schemaVersion: 2, ...manifest, history: [{ layers: 1e3 }] }))).toEqual(
      manifest,
    );
  });

  test('needs no media type, and gains no fields', () => {
    expect(Object.keys(parseManifest(bytesOf(plain)))).toEqual(['config', 'layers']);
  });

  test.each([
    ['absent', { schemaVersion: 2, config }],
    ['null', { schemaVersion: 2, config, layers: null }],
    ['empty', { schemaVersion: 2, config, layers: [] }],
  ])('has no layers if `layers` is %s', (_name, document) => {
    expect(parseManifest(bytesOf(document)).layers).toEqual([]);
  });

  test('keeps the annotation key __proto__', () => {
    const { annotations } = parseManifest(
      bytesOf(JSON.stringify(plain).replace('}', '},"annotations":{"__proto__":"x"}')),
    );
    expect(Object.entries(annotations ?? {})).toEqual([['__proto__', 'x']]);
  });

  test.each<[string, object, string]>([
    ['no config', { schemaVersion: 2, layers: [] }, 'config: is missing'],
    ['a null config', { ...plain, config: null }, 'config: is missing'],
    ['index fields', { ...plain, manifests: [] }, 'expected the manifest of an image, found an index'],
    [
      'an index media type',
      { ...plain, mediaType: 'application/vnd.oci.image.index.v1+json' },
      'expected the manifest of an image, found an index',
    ],
    [
      'schema 1 fields',
      { schemaVersion: 1, fsLayers: [], config },
      'Docker manifests of schema 1 are not supported',
    ],
    ['a different schema version', { ...plain, schemaVersion: 1 }, 'schemaVersion: expected 2, got "1"'],
    ['no schema version', { config, layers: [] }, 'schemaVersion: expected 2, got null'],
    ['a quoted schema version', { ...plain, schemaVersion: '2' }, 'schemaVersion: expected 2, got a string'],
    [
      'a media type that is not a string',
      { ...plain, mediaType: 7 },
      'mediaType: expected a string, got a number',
    ],
    ['layers that are not a list', { ...plain, layers: {} }, 'layers: expected a list, got an object'],
    [
      'a layer that is not an object',
      { ...plain, layers: [layer, null] },
      'layers[1]: expected an object, got null',
    ],
    [
      'more layers than a runtime can stack',
      { ...plain, layers: Array.from({ length: 1001 }, () => layer) },
      'layers: has 1001 entries, more than 1000',
    ],
    [
      'an annotation that is not a string',
      { ...plain, annotations: { a: true } },
      'annotations["a"]: expected a string, got true',
    ],
    [
      'annotations that are a list',
      { ...plain, annotations: [] },
      'annotations: expected an object, got a list',
    ],
    ['a subject that is a string', { ...plain, subject: 'x' }, 'subject: expected an object, got a string'],
    [
      'a URL that is not a string',
      { ...plain, config: { ...config, urls: ['a', 1] } },
      'config.urls[1]: expected a string, got a number',
    ],
    [
      'data that is not base64',
      { ...plain, config: { ...config, data: 'a' } },
      'config.data: expected base64, got "a"',
    ],
    [
      'data that is a list',
      { ...plain, config: { ...config, data: [1] } },
      'config.data: expected a string, got a list',
    ],
    [
      'a platform that is a string',
      { ...plain, config: { ...config, platform: 'x' } },
      'config.platform: expected an object, got a string',
    ],
    ['no size', { ...plain, config: { mediaType: 'x', digest: a } }, 'config.size: is missing'],
    ['no digest', { ...plain, config: { mediaType: 'x', size: 1 } }, 'config.digest: is missing'],
    ['no config media type', { ...plain, config: { digest: a, size: 1 } }, 'config.mediaType: is missing'],
    [
      'an empty layer media type',
      { ...plain, layers: [{ ...layer, mediaType: '' }] },
      'layers[0].mediaType: is missing',
    ],
  ])('with %s is rejected', (_name, document, problem) => {
    expect(problemOf(parseManifest, document)).toBe(`manifest ${digestOf(bytesOf(document))}: ${problem}`);
  });

  test.each(['-1', '-0', '1.0', '1e3', '9007199254740992', '99999999999999999999', '"1"', 'true'])(
    'with the size %s is rejected',
    (size) => {
      const document = JSON.stringify(plain).replace('"size":10', `"size":${size}`);
      expect(problemOf(parseManifest, document)).toMatch(/layers\[0\]\.size: expected a (whole )?number/);
    },
  );

  test.each([
    '../../etc/passwd',
    `sha256:${'a'.repeat(63)}/`,
    `sha256:${'a'.repeat(65)}`,
    `sha256:${'A'.repeat(64)}`,
    `sha256:${'a'.repeat(64)}\n`,
    `sha512:${'a'.repeat(128)}`,
    'sha256:',
  ])('with the digest %j is rejected, so that a digest can never be a path', (digest) => {
    const document = { ...plain, layers: [{ ...layer, digest }] };
    expect(problemOf(parseManifest, document)).toContain(
      'layers[0].digest: expected sha256: and 64 hexadecimal',
    );
  });

  test.each([
    ['{"layers":[],', 'layers: the field occurs twice'],
    ['{"Layers":[],', 'Layers: the name of this field has the wrong case'],
    // U+017F, the long s, which Go treats as an s.
    ['{"layer\u017f":[],', 'layer\\u017f: the name of this field has the wrong case'],
    ['{"manifest\u017f":[],', 'the name of this field has the wrong case'],
  ])('that two readers could interpret differently is rejected: %s…', (beginning, problem) => {
    const document = JSON.stringify(plain).replace('{', beginning);
    expect(problemOf(parseManifest, document).replace('\u017f', '\\u017f')).toContain(problem);
  });

  test('may repeat unknown fields, in any case', () => {
    const document = JSON.stringify(plain).replace('{', '{"x":1,"x":2,"conﬁg":3,');
    expect(parseManifest(bytesOf(document)).layers).toEqual([layer]);
    const platform = { architecture: 'a', os: 'b', osXversion: 1 };
    expect(parseManifest(bytesOf({ ...plain, config: { ...config, platform } })).config.platform).toEqual({
      architecture: 'a',
      os: 'b',
    });
  });

  test('with several faults is rejected with all of them in one error', () => {
    const document = {
      schemaVersion: 2,
      config: { ...config, size: -1 },
      layers: [{ ...layer, digest: 'x' }],
      annotations: 1,
    };
    expect(problemOf(parseManifest, document)).toBe(
      `manifest ${digestOf(bytesOf(document))}: ` +
        'config.size: expected a whole number from 0 to 2^53 - 1, got "-1"; ' +
        'layers[0].digest: expected sha256: and 64 hexadecimal digits, got "x"; ' +
        'annotations: expected an object, got a number',
    );
  });

  test('with a thousand faults is rejected with the first ten', () => {
    const layers = Array.from({ length: 1000 }, () => ({ ...layer, size: -1 }));
    const problem = problemOf(parseManifest, { ...plain, layers });
    expect(problem).toContain('layers[9].size');
    expect(problem).not.toContain('layers[10].size');
    expect(problem).toMatch(/; and 990 more$/);
  });

  test('cannot put control characters or a very long value into the message', () => {
    const document = { ...plain, layers: [{ ...layer, digest: `\u001b[31m\u202e${'x'.repeat(1_000_000)}` }] };
    const problem = problemOf(parseManifest, document);
    expect(problem.length).toBeLessThan(500);
    expect(problem).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });

  test('of 4 MiB is accepted, and a larger one is rejected unread', () => {
    const text = JSON.stringify(plain);
    const largest = Buffer.from(text.padEnd(maximumManifestBytes));
    expect(parseManifest(largest).layers).toHaveLength(1);
    expect(problemOf(parseManifest, text.padEnd(maximumManifestBytes + 1))).toBe(
      '4194305 bytes exceed the limit of 4194304 for a manifest',
    );
  });

  test.each([
    ['[]', 'expected an object, got a list'],
    ['"x"', 'expected an object, got a string'],
    ['null', 'expected an object, got null'],
  ])('that is %s is rejected', (document, problem) => {
    expect(problemOf(parseManifest, document)).toContain(problem);
  });
});

describe('an index', () => {
  test('is read with all its fields', () => {
    const index: ImageIndex = {
      mediaType: 'application/vnd.oci.image.index.v1+json',
      artifactType: 'a/b',
      manifests: [
        {
          ...layer,
          platform: {
            architecture: 'arm',
            os: 'linux',
            'os.version': '1',
            'os.features': ['x'],
            variant: 'v7',
          },
          artifactType: 'c/d',
        },
      ],
      subject: config,
      annotations: { a: 'b' },
    };
    expect(parseIndex(bytesOf({ schemaVersion: 2, ...index, extra: null }))).toEqual(index);
  });

  test('omits null and empty platform fields', () => {
    const platform = { architecture: 'amd64', os: null, variant: '', 'os.version': null, 'os.features': [] };
    const [entry] = parseIndex(bytesOf({ schemaVersion: 2, manifests: [{ ...layer, platform }] })).manifests;
    expect(Object.entries(entry?.platform ?? {})).toEqual([
      ['architecture', 'amd64'],
      ['os', ''],
    ]);
  });

  test.each<[string, object]>([
    ['a config', { schemaVersion: 2, manifests: [], config: null }],
    ['layers', { schemaVersion: 2, manifests: [], layers: [] }],
    ['a manifest media type', { schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json' }],
    [
      'a Docker manifest media type',
      { schemaVersion: 2, mediaType: 'application/vnd.docker.distribution.manifest.v2+json' },
    ],
  ])('with %s is rejected', (_name, document) => {
    expect(problemOf(parseIndex, document)).toBe(
      `image index ${digestOf(bytesOf(document))}: expected an image index, found the manifest of an image`,
    );
  });

  test('with a fault deep in an entry is rejected with the path of the fault', () => {
    const manifests = [layer, { ...layer, platform: { architecture: 'a', os: 'b', 'os.features': [0] } }];
    expect(problemOf(parseIndex, { schemaVersion: 2, manifests })).toContain(
      'manifests[1].platform.os.features[0]: expected a string, got a number',
    );
  });
});

describe('an encoded manifest or index', () => {
  test('is compact, in the field order of the OCI structs', () => {
    const entry: Descriptor = {
      artifactType: 'at',
      platform: { variant: 'v7', 'os.features': ['f'], 'os.version': '1', os: 'linux', architecture: 'arm' },
      data: 'e30=',
      annotations: { z: '1', a: '2' },
      urls: ['u'],
      size: 1,
      digest: a,
      mediaType: 'm',
    };
    const { bytes, digest, mediaType } = encodeIndex({
      annotations: { i: 'x' },
      subject: layer,
      manifests: [entry],
      artifactType: 'it',
    });
    expect(Buffer.from(bytes).toString()).toBe(
      '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","artifactType":"it","manifests":[' +
        `{"mediaType":"m","digest":"${a}","size":1,"urls":["u"],"annotations":{"a":"2","z":"1"},"data":"e30=",` +
        '"platform":{"architecture":"arm","os":"linux","os.version":"1","os.features":["f"],"variant":"v7"},"artifactType":"at"}],' +
        `"subject":{"mediaType":"${layer.mediaType}","digest":"${b}","size":10},"annotations":{"i":"x"}}`,
    );
    expect(digest).toBe(digestOf(bytes));
    expect(mediaType).toBe('application/vnd.oci.image.index.v1+json');
  });

  test('omits empty fields, but always has layers or manifests', () => {
    const empty = { annotations: {}, artifactType: '', urls: [], data: '' };
    const manifest = { annotations: {}, artifactType: '', config: { ...config, ...empty }, layers: [] };
    expect(Buffer.from(encodeManifest(manifest).bytes).toString()).toBe(
      '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",' +
        `"config":{"mediaType":"${config.mediaType}","digest":"${a}","size":2},"layers":[]}`,
    );
    expect(Buffer.from(encodeIndex({ manifests: [] }).bytes).toString()).toBe(
      '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
    );
  });

  test('keeps the media type of the manifest', () => {
    const mediaType = 'application/vnd.docker.distribution.manifest.v2+json';
    expect(encodeManifest({ mediaType, config, layers: [] }).mediaType).toBe(mediaType);
  });
});

describe('damaged documents', () => {
  const fixtures = JSON.parse(
    readFileSync(`${__dirname}/../../fixtures/images/conversions.json`, 'utf8'),
  ) as { encoding?: 'base64'; written: Record<string, string> }[];
  const documents = fixtures
    .flatMap(({ encoding, written }) =>
      Object.values(written).map((text) => Buffer.from(text, encoding ?? 'utf8')),
    )
    .filter((bytes) => bytes.length > 2);
  const replacements = [
    'null',
    '""',
    '[]',
    '{}',
    '-1',
    '1e9',
    '"\\ud800"',
    '[[[[',
    '{"a":',
    'true',
    '9'.repeat(40),
  ];

  // The linear congruential generator of Numerical Recipes, for the same damage on every run.
  let state = 20240501;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };

  function damage(document: Buffer): Buffer {
    const bytes = Buffer.from(document);
    const position = random(bytes.length);
    switch (random(4)) {
      case 0:
        bytes[position] = random(256);
        return bytes;
      case 1:
        return bytes.subarray(0, position);
      case 2:
        return Buffer.concat([bytes.subarray(0, position), bytes.subarray(position + 1 + random(20))]);
      default: {
        // Replaces the value after the next colon.
        const value = /(?<=:)(?:"[^"]*"|[0-9]+|[[{])/g;
        value.lastIndex = position;
        const text = bytes.toString('latin1');
        const match = value.exec(text);
        if (match === null) return bytes;
        const replacement = replacements[random(replacements.length)]!;
        return Buffer.from(
          text.slice(0, match.index) + replacement + text.slice(match.index + match[0].length),
          'latin1',
        );
      }
    }
  }

  test('are either read or rejected with a FormatError', () => {
    let refused = 0;
    const runs = 8_000;
    for (let run = 0; run < runs; run++) {
      let bytes: Buffer = documents[random(documents.length)]!;
      for (let times = random(3); times >= 0; times--) bytes = damage(bytes);
      for (const parse of [parseManifest, parseIndex]) {
        try {
          parse(bytes);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          refused++;
        }
      }
    }
    // Every document is of one kind, so the other parser rejects it; some damage is harmless.
    expect(refused).toBeGreaterThan(runs);
    expect(refused).toBeLessThan(2 * runs);
  });
});
