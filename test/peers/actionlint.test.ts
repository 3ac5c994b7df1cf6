// Runs actionlint on this project's workflows, and on those that its users copy.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { projectFolder } from '../docs/pages.ts';
import { buildGoProgram, findToolFault } from '../helpers/kept-tool.ts';
import { describeWithTools } from '../helpers/needed-tools.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const build = () =>
  buildGoProgram('actionlint', 'github.com/rhysd/actionlint', 'v1.7.12', './cmd/actionlint');

const workflows = ['.github/workflows', 'examples/github-actions'].flatMap((folder) =>
  readdirSync(join(projectFolder, folder))
    .filter((name) => name.endsWith('.yml'))
    .map((name) => join(folder, name)),
);

describeWithTools('actionlint', findToolFault(build), () => {
  const folder = makeTemporaryFolder();
  // Shell scripts in workflows are not checked here, so it does not matter whether shellcheck is installed.
  const lint = (path: string) =>
    spawnSync(build(), ['-shellcheck=', '-pyflakes=', path], { encoding: 'utf8' });

  test.each(workflows)('reports nothing in %s', (path) => {
    const { status, stdout } = lint(join(projectFolder, path));
    expect([status, stdout]).toEqual([0, '']);
  });

  test('reports an output that the example does not have', () => {
    const text = readFileSync(join(projectFolder, 'examples/github-actions/index.yml'), 'utf8');
    const broken = join(folder, 'broken.yml');
    writeFileSync(broken, text.replaceAll('steps.soci.', 'steps.no-such-step.'));
    expect(lint(broken).stdout).toMatch(/property "no-such-step" is not defined/);
  });
});
