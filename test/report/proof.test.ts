import { describe, expect, test } from '@jest/globals';
import { parseProof } from '../../lambda-src/report/proof.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const layer = `sha256:${'b'.repeat(64)}`;
const verified = {
  image: 'registry/app:v1-soci',
  status: 'invalid',
  message: 'one zTOC is damaged',
  digest,
  problems: ['the image'],
  indexes: [
    {
      platform: 'linux/amd64',
      version: 'V2',
      digest,
      status: 'invalid',
      problems: [],
      layers: [
        { digest: layer, status: 'valid', ztoc: { digest, size: 3, spans: 2, files: 7 }, problems: [] },
        { digest: layer, status: 'invalid', message: 'span 3', problems: ['span 3 differs'] },
      ],
    },
  ],
  warnings: [],
  bytesRead: 10,
  seconds: 0.5,
};

const parse = (value: unknown) => parseProof(JSON.stringify(value), 'verified.json', digest);

describe('the output of verify', () => {
  test('is parsed', () => {
    expect(parse(verified)).toEqual({
      status: 'invalid',
      message: 'one zTOC is damaged',
      problems: ['the image'],
      indexes: [
        {
          platform: 'linux/amd64',
          digest,
          status: 'invalid',
          problems: [],
          layers: [
            { digest: layer, status: 'valid', spans: 2, files: 7, problems: [] },
            { digest: layer, status: 'invalid', message: 'span 3', problems: ['span 3 differs'] },
          ],
        },
      ],
      bytesRead: 10,
      seconds: 0.5,
    });
  });

  test.each([
    ['nothing', ''],
    ['a log line', 'valid: app'],
  ])('is rejected if it is %s', (_, text) => {
    expect(() => parseProof(text, 'verified.json', digest)).toThrow(
      '--verify "verified.json": expected the output of verify --json, found text that is not JSON',
    );
  });

  test.each([
    ['a list', []],
    ['null', null],
    ['the JSON of another command', { image: 'app', digest, platforms: [] }],
    ['output with a string for a number', { ...verified, bytesRead: '10' }],
    ['output with an index that is a string', { ...verified, indexes: ['linux/amd64'] }],
    [
      'output with an index without layers',
      { ...verified, indexes: [{ platform: 'linux/amd64', status: 'valid' }] },
    ],
    [
      'output with a layer without a digest',
      { ...verified, indexes: [{ ...verified.indexes[0], layers: [{ status: 'valid' }] }] },
    ],
  ])('is rejected if it is %s', (_, value) => {
    expect(() => parse(value)).toThrow('expected the output of verify --json, found other JSON');
  });

  test('is rejected if it describes another image', () => {
    expect(() => parse({ ...verified, digest: layer })).toThrow(
      `expected the output for ${digest}, found that for "${layer}"`,
    );
    expect(() => parse({ ...verified, digest: undefined })).toThrow(
      'found that for an image without a digest',
    );
  });

  test('omits problems that are not text', () => {
    expect(parse({ ...verified, problems: ['one', 2, null] }).problems).toEqual(['one']);
  });
});
