// Applies every example, and the module in several regions and partitions, with the real AWS provider against an
// emulator. Then plans once more, which must find nothing to do, and destroys everything.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWithTools } from '../helpers/needed-tools.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { copyModule, findTerraformFault, runTerraform } from '../helpers/terraform.ts';
import { type AwsEmulator, findEmulatorFault, startAwsEmulator } from './aws-emulator.ts';

const folder = makeTemporaryFolder();

function copyModuleFor(title: string): string {
  const copy = join(folder, title.replaceAll(' ', '-'));
  mkdirSync(copy);
  copyModule(copy);
  return copy;
}

/** All stacks share one account, so their global roles and dashboards need different names. */
const stacks = [
  { example: 'basic', region: 'eu-west-1', variables: [] },
  { example: 'basic', region: 'us-gov-west-1', variables: [] },
  { example: 'basic', region: 'cn-north-1', variables: [] },
  { example: 'complete', region: 'eu-west-1', variables: [] },
  {
    example: 'multi-region',
    region: 'us-east-1',
    variables: [
      'name=several',
      'regions=["us-west-2", "eu-west-1"]',
      'repository_image_tag_filters=["prod*:latest"]',
    ],
  },
].map((stack) => ({ ...stack, title: `${stack.example} in ${stack.region}` }));

interface AppliedModule {
  readonly resources?: readonly {
    readonly address: string;
    readonly values: Readonly<Record<string, unknown>>;
  }[];
  readonly child_modules?: readonly AppliedModule[];
}

/**
 * For each instance of the module, the attributes of each resource by `TYPE.KEY` or `TYPE.NAME`, as AWS returned them.
 */
function findInstances(
  state: AppliedModule,
): readonly Readonly<Record<string, Readonly<Record<string, unknown>>>>[] {
  const here = Object.fromEntries(
    (state.resources ?? []).map(({ address, values }) => [
      address
        .replace(/^(module\.\w+(\[\d+\])?\.)*/, '')
        .replace(/\[0\]$/, '')
        .replace(/\.this\["(\w+)"\]$/, '.$1'),
      values,
    ]),
  );
  return [
    ...('aws_lambda_function.filter' in here ? [here] : []),
    ...(state.child_modules ?? []).flatMap(findInstances),
  ];
}

/** Every ARN in a policy, except those of repositories. */
function findArns(policy: unknown): readonly string[] {
  return [...new Set(String(policy).match(/arn:[^"]+/g))].filter((arn) => !arn.includes(':ecr:')).sort();
}

/**
 * Applies, plans again and destroys, in its own copy of the module. @returns The output of each command. @throws Error
 * with the output of a command that fails.
 */
async function runStack(stack: (typeof stacks)[number], url: string) {
  const example = join(copyModuleFor(stack.title), 'examples', stack.example);
  const environment = {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'emulated',
    AWS_SECRET_ACCESS_KEY: 'emulated',
    AWS_REGION: stack.region,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const run = async (...args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await runTerraform(example, args, environment);
    if (exitCode !== 0)
      throw new Error(`terraform ${args.join(' ')}: ${String(exitCode)}. ${stderr}${stdout}`);
    return stdout;
  };
  const settings = ['-no-color', ...stack.variables.flatMap((variable) => ['-var', variable])];
  await run('init', '-no-color');
  return {
    apply: await run('apply', '-auto-approve', ...settings),
    instances: findInstances(
      (JSON.parse(await run('show', '-json')) as { readonly values: { readonly root_module: AppliedModule } })
        .values.root_module,
    ),
    // Exit code 2, which is an error here, if anything would change.
    secondPlan: await run('plan', '-detailed-exitcode', ...settings),
    destroy: await run('destroy', '-auto-approve', ...settings),
  };
}

/** The ARN of the default bus, which is not a resource, made from the ARN of one of its rules. */
function busArnBeside(ruleArn: string): string {
  return ruleArn.replace(/:rule\/.*$/, ':event-bus/default');
}

/** References must use the ARNs that AWS returned, not those that the module expected. */
function expectWired(instance: Readonly<Record<string, Readonly<Record<string, unknown>>>>): void {
  const arnOf = (resource: string) => instance[resource]!['arn'];
  const queue = arnOf('aws_sqs_queue.this');
  const keptInQueue = [expect.objectContaining({ on_failure: [{ destination: queue }] })];
  const key = instance['aws_sqs_queue.this']!['kms_master_key_id'];
  const keys = key === null || key === '' ? [] : [key];
  expect(instance).toMatchObject({
    'aws_cloudwatch_event_target.this': {
      arn: arnOf('aws_lambda_function.filter'),
      dead_letter_config: [{ arn: queue }],
    },
    'aws_lambda_permission.this': { source_arn: arnOf('aws_cloudwatch_event_rule.this') },
    'aws_lambda_function.filter': { role: arnOf('aws_iam_role.filter') },
    'aws_lambda_function.generator': { role: arnOf('aws_iam_role.generator') },
  });
  for (const name of ['filter', 'generator']) {
    expect(instance[`aws_lambda_function_event_invoke_config.${name}`]!['destination_config']).toEqual(
      keptInQueue,
    );
    expect(findArns(instance[`aws_iam_role_policy.${name}`]!['policy'])).toEqual(
      [
        arnOf('aws_lambda_function.generator'),
        `${String(arnOf(`aws_cloudwatch_log_group.${name}`))}:*`,
        queue,
        ...keys,
        ...(name === 'generator' ? [busArnBeside(String(arnOf('aws_cloudwatch_event_rule.this')))] : []),
      ].sort(),
    );
  }
  expect(findArns(instance['aws_sqs_queue_policy.this']!['policy'])).toEqual(
    [arnOf('aws_cloudwatch_event_rule.this'), queue].sort(),
  );
}

const unused = copyModuleFor('unused');

describeWithTools('terraform apply', findTerraformFault(unused) ?? findEmulatorFault(), () => {
  let emulator: AwsEmulator | undefined;
  const runs = new Map<string, ReturnType<typeof runStack>>();

  // The stacks mostly wait, because the provider waits until a new queue has been unchanged for 25 seconds. So they run
  // in parallel.
  beforeAll(async () => {
    emulator = await startAwsEmulator();
    for (const stack of stacks) {
      const run = runStack(stack, emulator.url);
      run.catch(() => {}); // reported where its own test awaits it
      runs.set(stack.title, run);
    }
  }, 60_000);

  afterAll(() => {
    emulator?.stop();
  });

  test.each(stacks)(
    '$title: applies, plans no further changes, and destroys everything',
    async ({ title, example }) => {
      const { apply, instances, secondPlan, destroy } = await runs.get(title)!;
      expect(apply).toMatch(/Apply complete! Resources: \d{2,} added, 0 changed, 0 destroyed\./);
      expect(instances).toHaveLength(example === 'multi-region' ? 2 : 1);
      for (const instance of instances) expectWired(instance);
      expect(secondPlan).toContain('No changes.');
      const added = /Resources: (\d+) added/.exec(apply)?.[1];
      expect(destroy).toContain(`Destroy complete! Resources: ${String(added)} destroyed.`);
    },
    900_000,
  );
});
