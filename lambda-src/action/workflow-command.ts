// Commands to the runner of GitHub Actions, which it finds in what a step prints.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
import { hideUnprintable } from '../core/printable-text.ts';

type Command = 'group' | 'endgroup' | 'stop-commands' | 'warning' | 'error' | 'notice';

/** A line. Whatever the message holds, it stays one command. */
export function workflowCommand(command: Command, message = '', title?: string): string {
  const properties = title === undefined ? '' : ` title=${escapeProperty(title)}`;
  return `::${command}${properties}::${escapeData(message)}\n`;
}

/** Line breaks stay, other characters that a terminal would obey do not. */
function escapeData(text: string): string {
  return text
    .split(/\r?\n|\r/)
    .map((line) => hideUnprintable(line).replaceAll('%', '%25'))
    .join('%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
