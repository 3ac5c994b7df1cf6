// soci-index demo. What it does is in demo.ts, which is loaded only then: it has everything in it.
import type { Command } from 'commander';
import { addExamples } from '../cli/help-text.ts';

export function addDemoCommand(program: Command): void {
  const command = program
    .command('demo')
    .description(
      'the whole story on this machine: push, event, both functions, index, reading files through it',
    )
    .action(async () => {
      const { runDemo } = await import('./demo.ts');
      await runDemo();
    });
  addExamples(
    command,
    [{ purpose: 'takes some seconds', line: 'soci-index demo' }],
    ['Needs nothing but Node: no account, no network, no Docker. Nothing is left behind.'],
  );
}
