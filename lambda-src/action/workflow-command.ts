// Workflow commands, which the GitHub Actions runner reads from the output of a step.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
import { hideUnprintable } from '../core/printable-text.ts';

type Command = 'group' | 'endgroup' | 'stop-commands' | 'warning' | 'error' | 'notice';

/** One line. No message can end the command or start another. */
export function workflowCommand(command: Command, message = '', title?: string): string {
  const properties = title === undefined ? '' : ` title=${escapeProperty(title)}`;
  return `::${command}${properties}::${escapeData(message)}\n`;
}

/** Keeps line breaks, and replaces other control characters. */
function escapeData(text: string): string {
  return text
    .split(/\r?\n|\r/)
    .map((line) => hideUnprintable(line).replaceAll('%', '%25'))
    .join('%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
