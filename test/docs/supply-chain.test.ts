import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { inputsOfProgram } from '../../scripts/built-program.ts';
import { builtProgram } from '../helpers/built-program.ts';
import { projectFolder } from './pages.ts';

/** The packages that a program bundles. */
function bundledPackages(program: 'filter.mjs' | 'generator.mjs' | 'soci-index.mjs'): ReadonlySet<string> {
  const paths = inputsOfProgram(builtProgram(program)).join('\n');
  return new Set(Array.from(paths.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)\//g), ([, name]) => name!));
}

test('docs/supply-chain.md lists the packages in each shipped program', () => {
  const { dependencies } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const programs = (['filter.mjs', 'generator.mjs', 'soci-index.mjs'] as const).map(bundledPackages);

  const page = readFileSync(join(projectFolder, 'docs', 'supply-chain.md'), 'utf8');
  const rows = Array.from(page.matchAll(/^\| `(.+?)` \|.*?\|(.*)\|$/gm), ([, name, cells]) => [
    name,
    ...cells!.split('|').map((cell) => cell.trim() === 'yes'),
  ]);

  expect(rows.toSorted()).toEqual(
    Object.keys(dependencies)
      .map((name) => [name, ...programs.map((bundled) => bundled.has(name))])
      .toSorted(),
  );
});
