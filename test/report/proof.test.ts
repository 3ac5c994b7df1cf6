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

describe('what verify has printed', () => {
  test('is read as it is', () => {
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
    ['a line of a log', 'valid: app'],
  ])('is refused if it is %s', (_, text) => {
    expect(() => parseProof(text, 'verified.json', digest)).toThrow(
      '--verify "verified.json": expected the output of verify --json, found text that is not JSON',
    );
  });

  test.each([
    ['a list', []],
    ['null', null],
    ['the JSON of another command', { image: 'app', digest, platforms: [] }],
    ['without numbers', { ...verified, bytesRead: '10' }],
    ['an index that is a word', { ...verified, indexes: ['linux/amd64'] }],
    ['an index without layers', { ...verified, indexes: [{ platform: 'linux/amd64', status: 'valid' }] }],
    [
      'a layer without a digest',
      { ...verified, indexes: [{ ...verified.indexes[0], layers: [{ status: 'valid' }] }] },
    ],
  ])('is refused if it is %s', (_, value) => {
    expect(() => parse(value)).toThrow('expected the output of verify --json, found other JSON');
  });

  test('is refused if it is about another image', () => {
    expect(() => parse({ ...verified, digest: layer })).toThrow(
      `expected the output for ${digest}, found that for "${layer}"`,
    );
    expect(() => parse({ ...verified, digest: undefined })).toThrow(
      'found that for an image without a digest',
    );
  });

  test('drops what is not text from a list of problems', () => {
    expect(parse({ ...verified, problems: ['one', 2, null] }).problems).toEqual(['one']);
  });
});
