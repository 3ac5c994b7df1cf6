// soci-index demo. Everything it needs is in ../demo/demo.ts, which is loaded only when the command runs.
import type { Command } from 'commander';
import { addExamples } from './help-text.ts';

export function addDemoCommand(program: Command): void {
  const command = program
    .command('demo')
    .description(
      'a complete run on this machine, without AWS: push, event, both functions, index, and files read through it',
    )
    .action(async () => {
      const { runDemo } = await import('../demo/demo.ts');
      await runDemo();
    });
  addExamples(
    command,
    [{ purpose: 'run the demo, which takes a few seconds', line: 'soci-index demo' }],
    ['Needs only Node.js: no account, no network, no Docker. Leaves nothing behind.'],
  );
}
