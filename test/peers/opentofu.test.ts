// OpenTofu's plan of each example, with the real AWS provider against an emulator. OpenTofu is built from source once,
// which takes some minutes. The provider is the same as Terraform's, under the name that OpenTofu uses.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type AwsEmulator, findEmulatorFault, startAwsEmulator } from '../e2e/aws-emulator.ts';
import { buildGoProgram, findToolFault } from '../helpers/kept-tool.ts';
import { describeWithTools } from '../helpers/needed-tools.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { copyModule, findTerraformFault } from '../helpers/terraform.ts';

const build = () => buildGoProgram('tofu', 'github.com/opentofu/opentofu', 'v1.12.6', './cmd/tofu');

const folder = makeTemporaryFolder();
const moduleFolder = join(folder, 'module');
mkdirSync(moduleFolder);
copyModule(moduleFolder);

/** Makes a mirror of what `terraform init` has installed. @returns The CLI configuration that refers to it. */
function mirrorProvider(): string {
  const installed = join(moduleFolder, '.terraform/providers/registry.terraform.io/hashicorp/aws');
  const mirrored = join(folder, 'mirror/registry.opentofu.org/hashicorp/aws');
  for (const version of readdirSync(installed)) {
    mkdirSync(join(mirrored, version), { recursive: true });
    for (const platform of readdirSync(join(installed, version))) {
      symlinkSync(realpathSync(join(installed, version, platform)), join(mirrored, version, platform));
    }
  }
  const configuration = join(folder, 'tofu.tfrc');
  writeFileSync(
    configuration,
    `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(join(folder, 'mirror'))}\n  }\n}\n`,
  );
  return configuration;
}

const fault = findTerraformFault(moduleFolder) ?? findEmulatorFault() ?? findToolFault(build);

describeWithTools('OpenTofu', fault, () => {
  let emulator: AwsEmulator;
  let configuration: string;

  beforeAll(async () => {
    configuration = mirrorProvider();
    emulator = await startAwsEmulator();
  });

  afterAll(() => {
    emulator.stop();
  });

  async function tofu(example: string, ...args: readonly string[]): Promise<string> {
    const child = spawn(build(), [...args, '-no-color'], {
      cwd: join(moduleFolder, 'examples', example),
      env: {
        ...process.env,
        TF_CLI_CONFIG_FILE: configuration,
        TF_INPUT: '0',
        AWS_ENDPOINT_URL: emulator.url,
        AWS_ACCESS_KEY_ID: 'emulated',
        AWS_SECRET_ACCESS_KEY: 'emulated',
        AWS_REGION: 'eu-west-1',
        AWS_EC2_METADATA_DISABLED: 'true',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (piece: Buffer) => (output += piece.toString()));
    }
    const [exitCode] = (await once(child, 'close')) as [number | null];
    if (exitCode !== 0) throw new Error(`tofu ${args.join(' ')}: ${String(exitCode)}. ${output}`);
    return output;
  }

  test.each(['basic', 'complete', 'multi-region'])(
    'plans the example %s without a warning',
    async (example) => {
      await tofu(example, 'init');
      const plan = await tofu(example, 'plan');
      expect(plan).toMatch(/Plan: \d{2,} to add, 0 to change, 0 to destroy\./);
      expect(plan).not.toContain('Warning:');
    },
  );
});
