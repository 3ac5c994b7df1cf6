// The module's own tests (*.tftest.hcl beside this file), with Terraform's mocked provider: no account, no network.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { describeWithTools } from '../helpers/needed-tools.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { copyModule, findTerraformFault, runTerraform } from '../helpers/terraform.ts';

const folder = makeTemporaryFolder();
copyModule(folder);

const timeoutMilliseconds = 300_000;

describeWithTools('the Terraform module', findTerraformFault(folder), () => {
  test('is formatted as terraform fmt does it, examples and tests included', async () => {
    expect(await runTerraform(folder, ['fmt', '-check', '-recursive', '-no-color'])).toMatchObject({
      exitCode: 0,
      stdout: '',
    });
  });

  test(
    'is valid',
    async () => {
      expect(await runTerraform(folder, ['validate', '-no-color'])).toMatchObject({ exitCode: 0 });
    },
    timeoutMilliseconds,
  );

  test(
    'passes its tests, and plans nothing when it is switched off',
    async () => {
      const { exitCode, stdout, stderr } = await runTerraform(folder, [
        ...['test', '-no-color', '-verbose', '-test-directory=test/terraform'],
      ]);
      if (exitCode !== 0) throw new Error(`${stdout.slice(-20_000)}\n${stderr}`);

      // Terraform reports success too when it finds no test at all.
      const written = readdirSync(__dirname)
        .filter((name) => name.endsWith('.tftest.hcl'))
        .flatMap((name) => readFileSync(`${__dirname}/${name}`, 'utf8').match(/^run "/gm) ?? []);
      expect(stdout).toContain(`Success! ${written.length} passed, 0 failed.`);
      expect(written.length).toBeGreaterThan(100);

      expect(stdout).toMatch(/run "switched_off"\.\.\. pass\n\nNo changes\./);
    },
    timeoutMilliseconds,
  );
});
