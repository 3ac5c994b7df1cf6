import { expect, test } from '@jest/globals';
import { asksForForce, withForce } from '../../lambda-src/events/force-request.ts';
import { InvalidEventError } from '../../lambda-src/events/invalid-event-error.ts';

test('an event asks for force only if it has the field', () => {
  expect(asksForForce({})).toBe(false);
  expect(asksForForce(withForce({ source: 'aws.ecr' }))).toBe(true);
});

test.each([false, 'true', 1, null])('rejects an event whose force field is %p instead of true', (value) => {
  expect(() => asksForForce({ 'soci-index-builder-force': value })).toThrow(InvalidEventError);
});
