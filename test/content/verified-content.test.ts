import { describe, expect, test } from '@jest/globals';
import { assertContent, verifyContent } from '../../lambda-src/content/verified-content.ts';
import { ContentMismatchError } from '../../lambda-src/core/errors.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { bytesOf, describeBlob } from './sample-content.ts';

/** The pieces, and how many of them were requested. */
function streamOf(...texts: string[]): { pieces: AsyncIterable<Uint8Array>; asked: () => number } {
  let asked = 0;
  // eslint-disable-next-line @typescript-eslint/require-await -- the stream has nothing to await
  const generate = async function* (): AsyncGenerator<Uint8Array> {
    for (const text of texts) {
      asked++;
      yield bytesOf(text);
    }
  };
  return { pieces: generate(), asked: () => asked };
}

async function verify(target: string, ...texts: string[]): Promise<{ seen: string[]; error: unknown }> {
  const seen: string[] = [];
  try {
    for await (const piece of verifyContent(describeBlob(bytesOf(target)), streamOf(...texts).pieces)) {
      seen.push(Buffer.from(piece).toString());
    }
  } catch (error) {
    return { seen, error };
  }
  return { seen, error: undefined };
}

describe('verified content', () => {
  test.each([
    ['whole', ['abcdef'], ['abcdef']],
    ['byte by byte', ['a', 'b', 'c', 'd', 'e', 'f'], ['a', 'b', 'c', 'd', 'e', 'f']],
    ['with empty pieces', ['', 'abc', '', 'def', ''], ['abc', 'def']],
  ])('passes correct content %s', async (_title, pieces, expected) => {
    expect(await verify('abcdef', ...pieces)).toEqual({ seen: expected, error: undefined });
  });

  test('withholds the last piece of wrong content, even if an empty piece follows', async () => {
    const { seen, error } = await verify('abcdef', 'abc', 'xyz', '');
    expect(error).toBeInstanceOf(ContentMismatchError);
    expect(seen).toEqual(['abc']);
  });

  test('fails if the content ends too early', async () => {
    const { seen, error } = await verify('abcdef', 'abc', 'de');
    expect(String(error)).toContain('ends after 5 of the 6 bytes');
    expect(seen).toEqual(['abc']);
  });

  test('fails as soon as the content is too long, without reading further', async () => {
    const { pieces, asked } = streamOf('abc', 'defg', 'h', 'i', 'j');
    const read = async (): Promise<void> => {
      const seen: Uint8Array[] = [];
      for await (const piece of verifyContent(describeBlob(bytesOf('abcdef')), pieces)) seen.push(piece);
    };
    await expect(read()).rejects.toThrow('more than the 6 bytes');
    expect(asked()).toBe(2);
  });

  test('detects a changed bit, and names the digest', async () => {
    const { error } = await verify('abcdef', 'abcdeg');
    expect(error).toBeInstanceOf(ContentMismatchError);
    expect((error as ContentMismatchError).digest).toBe(digestOf(bytesOf('abcdef')));
    expect(String(error)).toContain(digestOf(bytesOf('abcdeg')));
  });

  test('checks the size and digest of bytes in memory', () => {
    const content = bytesOf('abc');
    const target = describeBlob(content);
    expect(() => {
      assertContent(target, content);
    }).not.toThrow();
    expect(() => {
      assertContent({ ...target, size: 4 }, content);
    }).toThrow('has 3 bytes; its descriptor says 4');
    expect(() => {
      assertContent(target, bytesOf('abd'));
    }).toThrow(ContentMismatchError);
  });
});
