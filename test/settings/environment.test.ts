import { expect, test } from '@jest/globals';
import { ConfigError } from '../../lambda-src/core/errors.ts';
import { Fault, parseSwitch, Variables } from '../../lambda-src/settings/environment.ts';
import { faultsOf } from '../helpers/faults-of.ts';

test('a variable with several faults has its name before each of them', () => {
  const variables = new Variables<'ONE' | 'TWO' | 'THREE'>({ ONE: '1', TWO: '2' });
  const one = variables.read('ONE', (text) => {
    throw new ConfigError([`${text} is odd`, `${text} is small`]);
  });
  expect(one).toBeInstanceOf(Fault);
  expect(variables.read('TWO', Number)).toBe(2);
  variables.read('THREE', Number);
  expect(faultsOf(() => variables.finish({}))).toEqual([
    'ONE: 1 is odd',
    'ONE: 1 is small',
    'THREE is not set',
  ]);
});

test('an error that does not come from the value of a variable is thrown at once', () => {
  const variables = new Variables<'ONE'>({ ONE: '1' });
  expect(() =>
    variables.read('ONE', () => {
      throw new TypeError('a mistake');
    }),
  ).toThrow('a mistake');
});

test.each([
  ['true', true],
  ['false', false],
])('a switch may be %s', (text, value) => {
  expect(parseSwitch(text)).toBe(value);
});
