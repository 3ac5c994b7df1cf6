// Events that are made to make work. Wrong types, other accounts, addresses and nesting are tested with the parser
// (test/events/ecr-push-event.test.ts), hop events with the generator (test/handlers), any JSON at all by the fuzzer.
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
  throw new Error('nothing was refused');
}

/** What Lambda takes for an asynchronous invocation. */
const maximumEventBytes = 1_000_000;

test.each<readonly [string, unknown]>([
  ['of addresses', Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`url ${index}`, 0]))],
  ['of lists of addresses', Array.from({ length: 60_000 }, () => ({ url: 0 }))],
  ['with one name', { [`url ${'x'.repeat(900_000)}`]: 0 }],
  ['with one name of many words', { ['Url'.repeat(150_000)]: 0, ['endpoint'.repeat(50_000)]: 0 }],
  ['with one text', { source: 'x'.repeat(900_000), 'detail-type': '\u001b[2J' }],
  [
    'of names within names',
    Array.from({ length: 9 }, (_, index) => 'k'.repeat(90_000 + index)).reduce<unknown>(
      (inner, key) => ({ [key]: inner }),
      { url: 0 },
    ),
  ],
])('an event of a megabyte %s is refused in a second, and in a line for a log', (_, event) => {
  expect(JSON.stringify(event).length).toBeLessThan(maximumEventBytes * 1.3);
  let message = '';
  const cost = cpuCostOf(() => {
    ({ message } = refusalOf(event));
  });
  expect(cost).toBeLessThan(100);
  expect(message.length).toBeLessThan(4000);
  expect(message).not.toMatch(/\p{Cc}/u);
});

test('of many faults the first are told, and how many there are', () => {
  const { message, faults } = refusalOf(
    Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`url${index} url`, 0])),
  );
  expect(faults).toHaveLength(105);
  expect(message).toMatch(/"url9 url": an event must not contain an address to connect to; and 95 more$/);
});
