// The text below the options in a command's help: notes and examples.
import { type Command, Help } from 'commander';

export interface Example {
  /** The purpose, shown as a comment above the line. */
  readonly purpose: string;
  readonly line: string;
}

/** Wider lines are hard to read. */
export const widestHelp = 100;

/** Text in fewer columns is not wrapped. */
export const narrowestText = 20;

/** Beside a term, a description in fewer columns is hard to read. */
const narrowestDescription = 32;

const indentation = ' '.repeat(6);

/** An argument, option or command with its description, which is below it on a narrow screen. */
export function formatHelpItem(term: string, termWidth: number, description: string, help: Help): string {
  const columns = helpColumns(help.helpWidth);
  // Two spaces before the term, and two after it.
  if (columns - termWidth - 4 >= narrowestDescription || description === '') {
    return Help.prototype.formatItem.call(help, term, termWidth, description, help);
  }
  const wrapped = help.boxWrap(description, columns - indentation.length);
  return `  ${term}\n${wrapped.replace(/^/gm, indentation)}`;
}

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
