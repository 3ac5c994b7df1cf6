import { expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { readWholeBlob } from '../../lambda-src/content/read-whole.ts';
import type { Descriptor } from '../../lambda-src/core/oci/descriptor.ts';
import { ContentMismatchError } from '../../lambda-src/core/errors.ts';
import { countedBytes, describeBlob } from './sample-content.ts';

/** Gives a blob in pieces of 100 bytes, each in the same buffer. */
class PieceStore extends MemoryStore {
  override async *fetchBlob(target: Descriptor, signal?: AbortSignal): AsyncGenerator<Uint8Array, void> {
    for await (const content of super.fetchBlob(target, signal)) {
      const buffer = new Uint8Array(100);
      for (let at = 0; at < content.length; at += 100) {
        buffer.set(content.subarray(at, at + 100));
        yield buffer;
      }
    }
  }
}

test('a blob is read as a whole, in order, although its pieces share a buffer', async () => {
  const store = new PieceStore();
  const content = countedBytes(1000);
  await store.pushBlob(describeBlob(content), content);
  const read = await readWholeBlob(store, describeBlob(content), 1000);
  expect(Buffer.compare(read, content)).toBe(0);
});

test('a blob that is larger than it may be is refused by its descriptor', async () => {
  const content = countedBytes(1000);
  const reading = readWholeBlob(new MemoryStore(), describeBlob(content), 999);
  await expect(reading).rejects.toThrow(ContentMismatchError);
});

test('a blob is not read after an abort', async () => {
  const store = new MemoryStore();
  const content = countedBytes(10);
  await store.pushBlob(describeBlob(content), content);
  const reason = new Error('out of time');
  const reading = readWholeBlob(store, describeBlob(content), 10, AbortSignal.abort(reason));
  await expect(reading).rejects.toBe(reason);
});
