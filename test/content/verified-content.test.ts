import { describe, expect, test } from '@jest/globals';
import { assertContent, verifyContent } from '../../lambda-src/content/verified-content.ts';
import { ContentMismatchError } from '../../lambda-src/core/errors.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { bytesOf, describeBlob } from './sample-content.ts';

/** The pieces, and how many of them were asked for. */
function streamOf(...texts: string[]): { pieces: AsyncIterable<Uint8Array>; asked: () => number } {
  let asked = 0;
  // eslint-disable-next-line @typescript-eslint/require-await -- a stream that waits for nothing
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
  ])('true content passes %s', async (_title, pieces, expected) => {
    expect(await verify('abcdef', ...pieces)).toEqual({ seen: expected, error: undefined });
  });

  test('the last piece of false content is never given, also where an empty piece follows it', async () => {
    const { seen, error } = await verify('abcdef', 'abc', 'xyz', '');
    expect(error).toBeInstanceOf(ContentMismatchError);
    expect(seen).toEqual(['abc']);
  });

  test('content that ends too early is never taken for whole', async () => {
    const { seen, error } = await verify('abcdef', 'abc', 'de');
    expect(String(error)).toContain('ends after 5 of the 6 bytes');
    expect(seen).toEqual(['abc']);
  });

  test('content that is too long fails as soon as it is, without reading on', async () => {
    const { pieces, asked } = streamOf('abc', 'defg', 'h', 'i', 'j');
    const read = async (): Promise<void> => {
      const seen: Uint8Array[] = [];
      for await (const piece of verifyContent(describeBlob(bytesOf('abcdef')), pieces)) seen.push(piece);
    };
    await expect(read()).rejects.toThrow('more than the 6 bytes');
    expect(asked()).toBe(2);
  });

  test('one changed bit is found, and the digest is named', async () => {
    const { error } = await verify('abcdef', 'abcdeg');
    expect(error).toBeInstanceOf(ContentMismatchError);
    expect((error as ContentMismatchError).digest).toBe(digestOf(bytesOf('abcdef')));
    expect(String(error)).toContain(digestOf(bytesOf('abcdeg')));
  });

  test('bytes in memory are held against size and digest', () => {
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
