import { expect, test } from '@jest/globals';
import { NotFoundError } from '../../lambda-src/content/content-store.ts';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { findAbsence } from '../../lambda-src/handlers/absent-image.ts';
import { pushImage } from '../helpers/images.ts';
import { registryError } from '../helpers/registry-failure.ts';

const { signal } = new AbortController();
const never = `sha256:${'0'.repeat(64)}` as const;

function refusal(problem: string, code?: string): Error {
  return registryError({ status: 400, problem, ...(code !== undefined && { code }) });
}

function absenceBy(error: Error) {
  const store = new MemoryStore();
  store.fetchManifest = () => Promise.reject(error);
  return findAbsence(store, never, signal);
}

test('an image that can be read is not deleted, but one that does not exist is', async () => {
  const store = new MemoryStore();
  const { digest } = await pushImage(store);
  expect(await findAbsence(store, digest, signal)).toBeUndefined();
  expect(await findAbsence(store, never, signal)).toBe('image-deleted');
});

test.each<readonly [string, Error, 'archived' | 'image-deleted']>([
  [
    'missing, with a message that says archived',
    new NotFoundError('no image', { cause: refusal('Image is Archived') }),
    'archived',
  ],
  [
    'missing, with another message',
    new NotFoundError('no image', { cause: refusal('gone') }),
    'image-deleted',
  ],
  ['refused, with a message that says archived', refusal('the image is archived'), 'archived'],
  ['refused, with a code that says archived', refusal('restore it', 'IMAGE_ARCHIVED'), 'archived'],
])('an image is recognized as archived or deleted if it is %s', async (_, error, reason) => {
  expect(await absenceBy(error)).toBe(reason);
});

test('another refusal is an error, and says nothing about the image', async () => {
  await expect(absenceBy(refusal('denied', 'DENIED'))).rejects.toThrow('denied');
  await expect(absenceBy(new Error('archived'))).rejects.toThrow('archived');
});
