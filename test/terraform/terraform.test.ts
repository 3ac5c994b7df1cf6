// The module's own tests (*.tftest.hcl beside this file), with Terraform's mocked provider: no account, no network.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeWithTools } from '../helpers/needed-tools.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { copyModule, findTerraformFault, runTerraform } from '../helpers/terraform.ts';

const folder = makeTemporaryFolder();
copyModule(folder);

/** Terraform starts the provider for each run, which takes minutes on a busy machine. */
const timeoutMilliseconds = 30 * 60_000;

/** What the run passes_settings_to_the_schedule of schedule.tftest.hcl must plan in modules/schedule. */
const scheduleSettings = [
  'name = "/aws/vendedlogs/states/nightly-schedule"',
  'retention_in_days = 7',
  'kms_key_id = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234abcd"',
  'name = "nightly-us-gov-west-1-schedule"',
  'name = "nightly-us-gov-west-1-scheduler"',
  'permissions_boundary = "arn:aws-us-gov:iam::111122223333:policy/boundary"',
  'kms_key_arn = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234abcd"',
  'schedule_expression = "cron(0 3 * * ? *)"',
  'schedule_expression_timezone = "Europe/Berlin"',
  'Comment = "Sends the filter function push events of images that were pushed in the last 8 days"',
  'MaxConcurrency = 2',
  'FunctionName = "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:nightly-filter"',
  '"arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/team/web.app",',
  '"xray:GetSamplingRules",',
];

/** The resources that `terraform test -verbose` plans in the module `schedule` for a run, with one space around `=`. */
function findSchedulePlan(stdout: string, run: string): string {
  const plan = stdout.split(`run "${run}"... pass\n`)[1]?.split(/^ {2}run "/m)[0] ?? '';
  return plan
    .split(/^ {2}# /m)
    .filter((resource) => resource.startsWith('module.schedule[0].'))
    .join('')
    .replace(/ += /g, ' = ');
}

/** Values that the module rejects. Each must cause only one message, which contains this text. */
const refusals: readonly (readonly [string, unknown, string])[] = [
  [
    'repository_image_tag_filters',
    [],
    'repository_image_tag_filters is empty, so no image would be indexed.',
  ],
  [
    'repository_image_tag_filters',
    [`web@sha256:${'a'.repeat(64)}`],
    `Filter "web@sha256:${'a'.repeat(64)}" names an image by its digest:`,
  ],
  [
    'repository_image_tag_filters',
    [`web:v1@sha256:${'a'.repeat(64)}`],
    `Filter "web:v1@sha256:${'a'.repeat(64)}" names an image by its digest:`,
  ],
  [
    'repository_image_tag_filters',
    [`sha256:${'a'.repeat(64)}`],
    `Filter "sha256:${'a'.repeat(64)}" names an image by its digest:`,
  ],
  ['repository_image_tag_filters', ['web:a b'], 'Filter "web:a b" has an invalid tag:'],
  ['platforms', ['linux/x86_64'], 'Did you mean "linux/amd64"?'],
  ['platforms', ['aarch64'], 'Did you mean "linux/arm64"?'],
  ['platforms', ['linux/arm/v7', 'linux/armv7l'], 'Platform "linux/armv7l" is not'],
  ['platforms', ['linux/i686'], 'Did you mean "linux/386"?'],
  ['platforms', ['linux/amd46'], 'Write for example "linux/amd64"'],
  ['schedule', { timezone: 'CEST' }, 'schedule.timezone is "CEST", which is not the name of a time zone.'],
];

describeWithTools('the Terraform module', findTerraformFault(folder), () => {
  test('is formatted by terraform fmt, including examples and tests', async () => {
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

  test.each(refusals)(
    'rejects %s = %j with exactly one message',
    async (name, value, sentence) => {
      const { exitCode, stdout } = await runTerraform(join(folder, 'test', 'terraform', 'variables'), [
        'plan',
        '-json',
        '-var',
        `${name}=${JSON.stringify(value)}`,
      ]);
      expect(exitCode).toBe(1);
      const said = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { readonly diagnostic?: { readonly detail: string } })
        .flatMap(({ diagnostic }) => diagnostic?.detail ?? []);
      expect(said).toEqual([expect.stringContaining(sentence)]);
      // One line for the message, and one for the position of the rule.
      expect(said[0]!.split('\n').filter((line) => line !== '')).toHaveLength(2);
    },
    timeoutMilliseconds,
  );

  test(
    'passes its tests, and plans nothing if it is switched off',
    async () => {
      const { exitCode, stdout, stderr } = await runTerraform(folder, [
        ...['test', '-no-color', '-verbose', '-test-directory=test/terraform'],
      ]);
      if (exitCode !== 0) throw new Error(`${stdout.slice(-20_000)}\n${stderr}`);

      // Terraform also reports success if it finds no test.
      const written = readdirSync(__dirname)
        .filter((name) => name.endsWith('.tftest.hcl'))
        .flatMap((name) => readFileSync(`${__dirname}/${name}`, 'utf8').match(/^run "/gm) ?? []);
      expect(stdout).toContain(`Success! ${written.length} passed, 0 failed.`);
      expect(written.length).toBeGreaterThan(100);

      expect(stdout).toMatch(/run "switched_off"\.\.\. pass\n\nNo changes\./);
      // A test cannot inspect a nested module, but its plan shows the settings.
      const plan = findSchedulePlan(stdout, 'passes_settings_to_the_schedule');
      expect(scheduleSettings.filter((setting) => !plan.includes(`+ ${setting}`))).toEqual([]);
    },
    timeoutMilliseconds,
  );
});
