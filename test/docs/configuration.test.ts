// Checks that Terraform and JSON in the documentation are valid. If Terraform needs more than the block itself, a comment
// before the block states what it needs: <!-- needs AWS provider 6 -->
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { version } from '../../package.json';
import { describeWithTools } from '../helpers/needed-tools.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { copyModule, findTerraformFault, runTerraform } from '../helpers/terraform.ts';
import { type CodeBlock, findCodeBlocks, readPages } from './pages.ts';

const timeoutMilliseconds = 300_000;

const blocks = readPages().flatMap(findCodeBlocks);
const nameOf = ({ path, line }: CodeBlock) => `${path}:${line}`;

const terraformBlocks = blocks.filter(
  ({ language, marks }) => language === 'hcl' && !marks.some((mark) => mark.startsWith('needs ')),
);

/** Whether a block has only inputs, as on pages that explain a single one. */
const isFragment = (text: string) =>
  !/^(?:module|resource|data|variable|output|locals|provider|terraform)\b/m.test(text);

/** Writes a configuration with one module per block. */
function writeConfiguration(folder: string): void {
  const calls = terraformBlocks.map((block, position) => {
    const name = `block_${position}`;
    mkdirSync(join(folder, name));
    const whole = isFragment(block.text)
      ? `module "soci_index_builder" {\n  source = "…"\n${block.text}\n}`
      : block.text;
    const source = whole.replaceAll(/^(\s*source\s*=\s*)"[^"]*".*$/gm, '$1"../soci_index_builder"');
    writeFileSync(join(folder, name, 'main.tf'), `# ${nameOf(block)}\n${source}\n`);
    return `# ${nameOf(block)}\nmodule "${name}" {\n  source = "./${name}"\n}\n`;
  });
  writeFileSync(
    join(folder, 'main.tf'),
    `${calls.join('\n')}\nprovider "aws" {\n  region = "eu-west-1"\n}\n`,
  );
}

const folder = makeTemporaryFolder();
mkdirSync(join(folder, 'soci_index_builder'));
copyModule(join(folder, 'soci_index_builder'));

describeWithTools(
  'Terraform in the documentation',
  findTerraformFault(join(folder, 'soci_index_builder')),
  () => {
    test('exists in several blocks', () => {
      expect(terraformBlocks.length).toBeGreaterThan(3);
    });

    test(
      'is valid in every block',
      async () => {
        writeConfiguration(folder);
        const initialized = await runTerraform(folder, ['init', '-no-color', '-backend=false']);
        if (initialized.exitCode !== 0) throw new Error(initialized.stderr);
        const { stdout, stderr } = await runTerraform(folder, ['validate', '-json']);
        const { diagnostics } = JSON.parse(
          stdout || `{"diagnostics":[{"summary":${JSON.stringify(stderr)}}]}`,
        ) as {
          diagnostics: readonly {
            severity: string;
            summary: string;
            detail?: string;
            range?: { filename: string };
          }[];
        };
        const faults = diagnostics
          .filter(({ severity }) => severity !== 'warning')
          .map(({ summary, detail = '', range }) => {
            const position = /block_(\d+)/.exec(range?.filename ?? '')?.[1];
            const block = position === undefined ? undefined : terraformBlocks[Number(position)];
            return `${block === undefined ? 'the configuration' : nameOf(block)}: ${summary}. ${detail}`;
          });
        expect(faults).toEqual([]);
      },
      timeoutMilliseconds,
    );
  },
);

test('the documentation refers to the current version of the module', () => {
  const versions = blocks.flatMap(({ text }) =>
    [...text.matchAll(/\?ref=v([^"&]+)/g)].map(([, taken]) => taken),
  );
  expect(versions.length).toBeGreaterThan(3);
  expect(new Set(versions)).toEqual(new Set([version]));
});

test.each(
  blocks.filter(({ language }) => language === 'json').map((block) => [nameOf(block), block] as const),
)('%s is valid JSON', (_, { text }) => {
  expect(() => JSON.parse(text) as unknown).not.toThrow();
});
