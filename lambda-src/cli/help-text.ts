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
    const wrapped = notes.map((note) => `\n${command.createHelp().boxWrap(note, columns)}\n`);
    const lines = examples.map(({ purpose, line }) => `  # ${purpose}\n  ${line}`);
    return `${wrapped.join('')}\nExamples:\n${lines.join('\n')}`;
  });
}
