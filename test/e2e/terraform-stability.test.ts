// What Terraform does to an existing instance of the module, with the real AWS provider against an emulator: nothing when
// a second instance with the same name is applied beside it, and no replacement when something that the module block
// depends on changes.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWithTools } from '../helpers/needed-tools.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { copyModule, findTerraformFault, runTerraform } from '../helpers/terraform.ts';
import { type AwsEmulator, findEmulatorFault, startAwsEmulator } from './aws-emulator.ts';
import { AwsAccount } from './stack-account.ts';

const region = 'eu-west-1';

const folder = makeTemporaryFolder();

/** Runs Terraform in a copy of the module, with its own configuration. */
class Workspace {
  readonly #folder: string;
  readonly #url: string;

  constructor(title: string, url: string, configuration: string) {
    const copy = join(folder, title);
    mkdirSync(copy);
    copyModule(copy);
    this.#folder = join(copy, 'examples', 'basic');
    this.#url = url;
    rmSync(join(this.#folder, 'outputs.tf'));
    writeFileSync(join(this.#folder, 'main.tf'), configuration);
  }

  run(...args: readonly string[]) {
    return runTerraform(this.#folder, [...args, '-no-color'], {
      AWS_ENDPOINT_URL: this.#url,
      AWS_ACCESS_KEY_ID: 'emulated',
      AWS_SECRET_ACCESS_KEY: 'emulated',
      AWS_REGION: region,
      AWS_EC2_METADATA_DISABLED: 'true',
    });
  }

  /** @returns The command's output. @throws Error if it fails. */
  async succeed(...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(...args);
    if (exitCode !== 0)
      throw new Error(`terraform ${args.join(' ')}: ${String(exitCode)}. ${stderr}${stdout}`);
    return stdout;
  }
}

/** @param inputs Inputs of the module block, as HCL. @param beside Other resources. */
function configure(inputs: string, beside = ''): string {
  return `
module "soci_index_builder" {
  source = "../.."

  schedule = { enabled = true }
${inputs}
}
${beside}`;
}

interface PlannedChange {
  readonly address: string;
  readonly change: { readonly actions: readonly string[]; readonly replace_paths?: readonly unknown[] };
}

const unused = join(folder, 'unused');
mkdirSync(unused);
copyModule(unused);

describeWithTools('an existing instance', findTerraformFault(unused) ?? findEmulatorFault(), () => {
  const emulators: AwsEmulator[] = [];
  const start = async () => {
    const emulator = await startAwsEmulator();
    emulators.push(emulator);
    return emulator.url;
  };
  let applied: { readonly url: string; readonly first: Workspace };
  let dependent: Workspace;

  const upstream = (generation: number) => `
resource "aws_ssm_parameter" "upstream" {
  name  = "upstream"
  type  = "String"
  value = "${String(generation)}"
}
`;
  const dependentInputs = 'depends_on = [aws_ssm_parameter.upstream]';

  // The workspaces mostly wait, because the provider waits until a new queue has been unchanged for 25 seconds. So they
  // run in parallel.
  beforeAll(async () => {
    const [url, otherUrl] = await Promise.all([start(), start()]);
    const first = new Workspace('first', url, configure('repository_image_tag_filters = ["prod*:latest"]'));
    dependent = new Workspace('dependent', otherUrl, configure(dependentInputs, upstream(1)));
    await Promise.all(
      [first, dependent].map(async (workspace) => {
        await workspace.succeed('init');
        await workspace.succeed('apply', '-auto-approve');
      }),
    );
    applied = { url, first };
  });

  afterAll(() => {
    for (const emulator of emulators) emulator.stop();
  });

  test('does not change when a second instance with its name is applied or destroyed', async () => {
    const { url, first } = applied;
    const account = new AwsAccount(url, region);
    const before = await account.describeInstance('soci-index-builder');
    expect(before['rule']).toContain('latest');
    expect(before['alarms']).toContain('soci-index-builder-image-failed');

    // Everything that can differ does, so anything that the second instance took over would look different.
    const second = new Workspace(
      'second',
      url,
      configure(`
  repository_image_tag_filters = ["other:*"]
  alarms                       = { topic_arn = "arn:aws:sns:${region}:123456789012:other" }
  retries                      = { eventbridge_max_attempts = 1 }
`),
    );
    await second.succeed('init');
    const { exitCode, stderr } = await second.run('apply', '-auto-approve');
    expect(exitCode).toBe(1);
    expect(stderr.replace(/\s+/g, ' ')).toContain('ResourceAlreadyExistsException');
    expect(await account.describeInstance('soci-index-builder')).toEqual(before);

    await second.succeed('destroy', '-auto-approve');
    expect(await account.describeInstance('soci-index-builder')).toEqual(before);
    expect(await first.succeed('plan', '-detailed-exitcode')).toContain('No changes.');
  });

  test('keeps every resource when something that its block depends on changes', async () => {
    writeFileSync(
      join(folder, 'dependent', 'examples', 'basic', 'main.tf'),
      configure(dependentInputs, upstream(2)),
    );
    await dependent.succeed('plan', '-out=plan');
    const shown = JSON.parse(await dependent.succeed('show', '-json', 'plan')) as {
      readonly resource_changes: readonly PlannedChange[];
    };
    // The data sources are read during apply; otherwise this test would prove nothing.
    expect(shown.resource_changes.filter(({ change }) => change.actions.includes('read'))).not.toEqual([]);
    expect(
      shown.resource_changes
        .filter(({ change }) => change.actions.includes('delete'))
        .map(({ address, change }) => `${address} ${JSON.stringify(change.replace_paths)}`),
    ).toEqual([]);
    // No change remains after apply: the unknown values turn out to be unchanged.
    await dependent.succeed('apply', 'plan');
    expect(await dependent.succeed('plan', '-detailed-exitcode')).toContain('No changes.');
  });
});
