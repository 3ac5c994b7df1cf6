// Captures what a test writes to stdout, and parses the JSON lines that the functions write.
import { afterEach, beforeEach, jest } from '@jest/globals';

export type LogLine = Readonly<Record<string, unknown>>;

/** Captures stdout in each test of the file. The returned function returns the lines so far, and discards them. */
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
    // Text without a final line break is not a complete line.
    if (lines.pop() !== '') throw new Error('the last line is incomplete');
    return lines.map((line) => JSON.parse(line) as LogLine);
  };
}
