// The text below the options in a command's help: notes and examples.
import type { Command } from 'commander';

export interface Example {
  /** The purpose, shown as a comment above the line. */
  readonly purpose: string;
  readonly line: string;
}

/** Wider lines are hard to read. */
export const widestHelp = 100;

/** Width of a help text in columns. */
export function helpColumns(screenColumns: number | undefined): number {
  return Math.min(screenColumns ?? 80, widestHelp);
}

/** @param notes Paragraphs, wrapped here. */
export function addExamples(
  command: Command,
  examples: readonly Example[],
  notes: readonly string[] = [],
): Command {
  return command.addHelpText('after', () => {
    const columns = helpColumns(process.stdout.columns);
    const wrap = (text: string, width: number) => command.createHelp().boxWrap(text, width);
    const wrapped = notes.map((note) => `\n${wrap(note, columns)}\n`);
    const lines = examples.map(({ purpose, line }) => {
      const comment = wrap(purpose, columns - 4).replace(/^/gm, '  # ');
      return `${comment}\n${breakCommandLine(line, columns)}`;
    });
    return `${wrapped.join('')}\nExamples:\n${lines.join('\n')}`;
  });
}

/** Indents a command. If it is wider than the screen, breaks it before arguments, in shell syntax. */
function breakCommandLine(line: string, columns: number): string {
  const lines: string[] = [];
  let current = ' ';
  for (const word of line.split(' ')) {
    // Room for a space and a backslash.
    if (current.trim() !== '' && current.length + 1 + word.length + 2 > columns) {
      lines.push(`${current} \\`);
      current = '     ';
    }
    current += ` ${word}`;
  }
  return [...lines, current].join('\n');
}
