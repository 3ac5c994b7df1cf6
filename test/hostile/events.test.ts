// Events that are designed to cause work. The parser's tests (test/events/ecr-push-event.test.ts) cover wrong types,
// other accounts, addresses and nesting; the generator's (test/handlers) cover events with hops; and the fuzzer covers
// arbitrary JSON.
import { expect, test } from '@jest/globals';
import { parseEcrEvent } from '../../lambda-src/events/ecr-push-event.ts';
import { InvalidEventError } from '../../lambda-src/events/invalid-event-error.ts';
import { cpuCostOf } from '../helpers/cpu-cost.ts';

const functionArn = 'arn:aws:lambda:eu-west-1:111122223333:function:filter';

function refusalOf(event: unknown): InvalidEventError {
  try {
    parseEcrEvent(event, functionArn);
  } catch (error) {
    if (error instanceof InvalidEventError) return error;
    throw error;
  }
  throw new Error('the event was accepted');
}

/** Lambda's limit for an asynchronous invocation. */
const maximumEventBytes = 1_000_000;

test.each<readonly [string, unknown]>([
  ['with addresses', Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`url ${index}`, 0]))],
  ['with lists of addresses', Array.from({ length: 60_000 }, () => ({ url: 0 }))],
  ['with one long name', { [`url ${'x'.repeat(900_000)}`]: 0 }],
  ['with one name of many words', { ['Url'.repeat(150_000)]: 0, ['endpoint'.repeat(50_000)]: 0 }],
  ['with one long text', { source: 'x'.repeat(900_000), 'detail-type': '\u001b[2J' }],
  [
    'with nested long names',
    Array.from({ length: 9 }, (_, index) => 'k'.repeat(90_000 + index)).reduce<unknown>(
      (inner, key) => ({ [key]: inner }),
      { url: 0 },
    ),
  ],
])('a 1 MB event %s is rejected in about a second, with a short message', (_, event) => {
  expect(JSON.stringify(event).length).toBeLessThan(maximumEventBytes * 1.3);
  let message = '';
  const cost = cpuCostOf(() => {
    ({ message } = refusalOf(event));
  });
  expect(cost).toBeLessThan(100);
  expect(message.length).toBeLessThan(4000);
  expect(message).not.toMatch(/\p{Cc}/u);
});

test('an error about many faults states the first ones and the number of others', () => {
  const { message, faults } = refusalOf(
    Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`url${index} url`, 0])),
  );
  expect(faults).toHaveLength(105);
  expect(message).toMatch(/"url9 url": an event must not contain an address to connect to; and 95 more$/);
});
