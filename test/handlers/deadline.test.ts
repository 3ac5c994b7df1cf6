import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Deadline, DeadlineError } from '../../lambda-src/handlers/deadline.ts';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('the deadline', () => {
  test.each<readonly [number, number, number]>([
    // Lambda's timeout, the time to start closing, the deadline
    [900_000, 880_000, 895_000],
    [30_000, 18_750, 25_000],
  ])("passes some seconds before Lambda's own timeout of %i ms", (lambdasEnd, closing, end) => {
    const deadline = new Deadline(lambdasEnd, () => '1 of 2 layers is done');
    jest.advanceTimersByTime(closing - 1);
    expect(deadline.outOfTime.aborted).toBe(false);
    jest.advanceTimersByTime(1);
    expect(deadline.outOfTime.aborted).toBe(true);
    expect(deadline.signal.aborted).toBe(false);
    jest.advanceTimersByTime(end - closing - 1);
    expect(deadline.signal.aborted).toBe(false);
    jest.advanceTimersByTime(1);
    expect(deadline.signal.reason).toBeInstanceOf(DeadlineError);
    expect((deadline.signal.reason as Error).message).toContain('1 of 2 layers is done');
  });

  test('passes at once if only seconds are available', () => {
    const deadline = new Deadline(4_000, () => 'nothing');
    jest.advanceTimersByTime(0);
    expect(deadline.signal.aborted).toBe(true);
  });

  test('explains errors that it caused, such as an aborted request, but no earlier ones', () => {
    const deadline = new Deadline(900_000, () => 'nothing');
    const abortion = new DOMException('This operation was aborted', 'AbortError');
    expect(deadline.explain(abortion)).toBe(abortion);
    jest.advanceTimersByTime(895_000);
    expect(deadline.explain(abortion)).toBe(deadline.signal.reason);
  });

  test('does not pass once the work is done, so the next invocation in the same process continues', () => {
    const deadline = new Deadline(900_000, () => 'nothing');
    deadline.clear();
    jest.advanceTimersByTime(900_000);
    expect(deadline.signal.aborted).toBe(false);
    expect(deadline.outOfTime.aborted).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
  });
});
