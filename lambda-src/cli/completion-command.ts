// soci-index completion SHELL: prints a completion script for a shell.
import { Argument, type Command } from 'commander';
import type { Shell } from './completion-scripts.ts';
import { addExamples } from './help-text.ts';

const shells: readonly Shell[] = ['bash', 'zsh', 'fish'];

export function addCompletionCommand(program: Command): void {
  const command = program
    .command('completion')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .description('print a completion script for a shell')
    .action(async (shell: Shell) => {
      const { completionScript } = await import('./completion-scripts.ts');
      process.stdout.write(completionScript(shell, program));
    });
  addExamples(command, [
    {
      purpose: 'bash: add source <(soci-index completion bash) to ~/.bashrc',
      line: 'soci-index completion bash',
    },
    {
      purpose: 'zsh: add source <(soci-index completion zsh) to ~/.zshrc, after compinit',
      line: 'soci-index completion zsh',
    },
    {
      purpose: 'fish: write it to ~/.config/fish/completions/soci-index.fish',
      line: 'soci-index completion fish',
    },
  ]);
}
