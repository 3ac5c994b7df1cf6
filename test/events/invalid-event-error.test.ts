import { expect, test } from '@jest/globals';
import { InvalidEventError } from '../../lambda-src/events/invalid-event-error.ts';

const faults = (count: number) => Array.from({ length: count }, (_, index) => `fault ${index + 1}`);

test.each([1, 2, 10])('an invalid event is reported with all of its %i faults, in order', (count) => {
  const error = new InvalidEventError(faults(count));
  expect(error.message.endsWith(`: ${faults(count).join('; ')}`)).toBe(true);
  expect(error).toMatchObject({ faults: faults(count), reason: 'event-invalid' });
});

test.each([11, 25])('of %i faults the message has ten, and the number of the others', (count) => {
  const error = new InvalidEventError(faults(count));
  expect(error.message.endsWith(`: ${faults(10).join('; ')}; and ${count - 10} more`)).toBe(true);
  expect(error.faults).toHaveLength(count);
});
