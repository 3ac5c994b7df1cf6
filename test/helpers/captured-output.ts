// What a test writes to stdout, kept from the terminal and read as the lines of JSON that the functions write.
import { afterEach, beforeEach, jest } from '@jest/globals';

export type LogLine = Readonly<Record<string, unknown>>;

/** Captures stdout in each test of the file. The function gives the lines so far, and forgets them. */
export function captureLogLines(): () => readonly LogLine[] {
  let written = '';
  beforeEach(() => {
    written = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written += String(text);
      return true;
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  return () => {
    const lines = written.split('\n');
    written = '';
    // What does not end with a line break is not a line yet.
    if (lines.pop() !== '') throw new Error('the last line has no end');
    return lines.map((line) => JSON.parse(line) as LogLine);
  };
}
