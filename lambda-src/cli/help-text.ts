// What the help of a command says below its options: what else there is to know, and examples.
import type { Command } from 'commander';

export interface Example {
  /** What it does, as the second half of a sentence. */
  readonly purpose: string;
  readonly line: string;
}

/** Wider lines are hard to read. */
export const widestHelp = 100;

/** Columns that a help may take. */
export function helpColumns(screenColumns: number | undefined): number {
  return Math.min(screenColumns ?? 80, widestHelp);
}

/** @param notes Paragraphs. They are wrapped here. */
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

/** Indents a command, and breaks it before arguments, as a shell takes it, if the screen is narrower. */
function breakCommandLine(line: string, columns: number): string {
  const lines: string[] = [];
  let current = ' ';
  for (const word of line.split(' ')) {
    // A space and a backslash follow.
    if (current.trim() !== '' && current.length + 1 + word.length + 2 > columns) {
      lines.push(`${current} \\`);
      current = '     ';
    }
    current += ` ${word}`;
  }
  return [...lines, current].join('\n');
}
