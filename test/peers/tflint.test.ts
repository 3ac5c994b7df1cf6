// Runs tflint's own rules for Terraform on the module, its submodule and its examples.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { buildGoProgram, findToolFault } from '../helpers/kept-tool.ts';
import { describeWithTools } from '../helpers/needed-tools.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { copyModule } from '../helpers/terraform.ts';

const build = () => buildGoProgram('tflint', 'github.com/terraform-linters/tflint', 'v0.64.0', '.');

/** All built-in rules except one: examples without inputs have no empty variables.tf. */
const configuration = `
plugin "terraform" {
  enabled = true
  preset  = "all"
}

rule "terraform_standard_module_structure" {
  enabled = false
}
`;

const folders = ['.', 'modules/schedule', 'examples/basic', 'examples/complete', 'examples/multi-region'];

describeWithTools('tflint', findToolFault(build), () => {
  const folder = makeTemporaryFolder();
  copyModule(folder);
  const configurationFile = join(folder, '.tflint.hcl');
  writeFileSync(configurationFile, configuration);

  const lint = (part: string) => {
    const { stdout, stderr, status } = spawnSync(
      build(),
      ['--chdir', join(folder, part), '--config', configurationFile, '--format', 'json', '--force'],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr + stdout);
    const { issues, errors } = JSON.parse(stdout) as {
      readonly issues: readonly {
        readonly rule: { readonly name: string };
        readonly message: string;
        readonly range: { readonly filename: string; readonly start: { readonly line: number } };
      }[];
      readonly errors: readonly { readonly message: string }[];
    };
    return [
      ...errors.map(({ message }) => message),
      ...issues.map(
        ({ rule, message, range }) => `${rule.name} ${range.filename}:${range.start.line}: ${message}`,
      ),
    ];
  };

  test.each(folders)('reports nothing in %s', (part) => {
    expect(lint(part)).toEqual([]);
  });

  test('reports a variable that is never used', () => {
    writeFileSync(
      join(folder, 'examples', 'basic', 'variables.tf'),
      'variable "unused" {\n  type = string\n}\n',
    );
    expect(lint('examples/basic').join('\n')).toContain('terraform_unused_declarations');
  });
});
