// Checks that every argument used by the module and its examples exists in version 6 of the AWS provider. npm's
// @cdktf/provider-aws was generated from the provider's schema, and links each argument to its documentation; its last
// release has the schema of 6.25.0. It is downloaded here, and is not a dependency.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findToolFault, unpackNpmPackage } from '../helpers/kept-tool.ts';
import { describeWithTools } from '../helpers/needed-tools.ts';
import { type BlockArguments, readArguments } from '../helpers/terraform-arguments.ts';

const providerVersion = '6.25.0';

const findPackage = () => join(unpackNpmPackage('@cdktf/provider-aws', '21.22.1'), 'package');

const projectFolder = join(__dirname, '..', '..');
const blocks = [
  '.',
  'modules/schedule',
  'examples/basic',
  'examples/complete',
  'examples/multi-region',
].flatMap((folder) =>
  readdirSync(join(projectFolder, folder))
    .filter((name) => name.endsWith('.tf'))
    .flatMap((name) => readArguments(readFileSync(join(projectFolder, folder, name), 'utf8'))),
);

const pascal = (name: string) =>
  name.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The arguments of a block in the generated declarations; undefined if the provider does not have the block. */
function findKnownArguments({ kind, type, path }: BlockArguments): ReadonlySet<string> | undefined {
  const name = `${kind === 'data' ? 'data_' : ''}${type.replace(/^aws_/, kind === 'data' ? 'aws_' : '')}`;
  const file = join(findPackage(), 'lib', name.replaceAll('_', '-'), 'index.d.ts');
  const wanted = path.length === 0 ? `${pascal(name)}Config` : pascal([name, ...path].join('_'));
  const declarations = readFileSync(file, 'utf8').split(
    /^export (?:interface|declare class|declare function) /m,
  );
  const declaration = declarations.find((text) => new RegExp(`^${wanted}\\b`).test(text));
  if (declaration === undefined) return undefined;
  if (!declaration.includes(`/${providerVersion}/`)) throw new Error(`${file} has another version`);
  return new Set([...declaration.matchAll(/\/docs\/[a-z-]+\/\w+#(\w+) /g)].map(([, argument]) => argument!));
}

describeWithTools(`provider ${providerVersion}`, findToolFault(findPackage), () => {
  test('is checked for all blocks of the module', () => {
    const types = new Set(blocks.map(({ type }) => type));
    for (const type of [
      'aws_lambda_function',
      'aws_sfn_state_machine',
      'aws_scheduler_schedule',
      'aws_sqs_queue',
    ]) {
      expect(types).toContain(type);
    }
    expect(blocks.length).toBeGreaterThan(40);
    expect(blocks).toContainEqual(
      expect.objectContaining({
        type: 'aws_lambda_function_event_invoke_config',
        path: ['destination_config', 'on_failure'],
        names: ['destination'],
      }),
    );
  });

  test('has every argument that the module uses', () => {
    const unknown = blocks.flatMap((block) => {
      const known = findKnownArguments(block);
      const place = [block.type, ...block.path].join('.');
      if (known === undefined) return block.names.length === 0 ? [] : [place];
      return block.names.filter((name) => !known.has(name)).map((name) => `${place}.${name}`);
    });
    expect(unknown).toEqual([]);
  });

  test('does not have a misspelled argument', () => {
    const known = findKnownArguments({ kind: 'resource', type: 'aws_sqs_queue', path: [], names: [] })!;
    expect(known.has('kms_master_key_id')).toBe(true);
    expect(known.has('kms_key')).toBe(false);
  });
});
