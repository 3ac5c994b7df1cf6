// The schedule's workflow as planned by Terraform, run by an interpreter of Step Functions' language, with an ECR registry
// and a filter function on loopback.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { parseEcrPushEvent } from '../../lambda-src/events/ecr-push-event.ts';
import { type DescribedImage, EcrAccount, type EcrAccountOptions } from '../helpers/ecr-account.ts';
import { describeWithTools } from '../helpers/needed-tools.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { copyModule, findTerraformFault, runTerraform } from '../helpers/terraform.ts';
import { type AwsEmulator, findEmulatorFault, startAwsEmulator } from './aws-emulator.ts';
import { findWorkflowEmulatorFault, type FinishedWorkflow, runWorkflow } from './workflow-emulator.ts';

/** The emulator's account. */
const accountId = '123456789012';
const filterArn = `arn:aws:lambda:eu-west-1:${accountId}:function:soci-index-builder-filter`;

const folder = makeTemporaryFolder();
const moduleFolder = join(folder, 'module');
mkdirSync(moduleFolder);
copyModule(moduleFolder);

const hour = 60 * 60;
const now = Math.floor(Date.now() / 1000);

function image(tags: readonly string[], hoursAgo = 2, more: Partial<DescribedImage> = {}): DescribedImage {
  return {
    imageDigest: `sha256:${createHash('sha256')
      .update(JSON.stringify([tags, hoursAgo, more]))
      .digest('hex')}`,
    imageTags: tags,
    imagePushedAt: now - hoursAgo * hour,
    imageManifestMediaType: 'application/vnd.oci.image.index.v1+json',
    ...more,
  };
}

/** A state of the definition, as far as the test modifies it. */
interface State {
  Retry?: { MaxAttempts: number; IntervalSeconds?: number }[];
  ToleratedFailurePercentage?: number;
  ItemProcessor?: { readonly States: Readonly<Record<string, State>> };
}

/**
 * Removes ToleratedFailurePercentage, which the interpreter does not support (schedule-module.tftest.hcl tests it), and
 * shortens the retries, which would take minutes.
 */
function shorten(states: Readonly<Record<string, State>>): void {
  for (const state of Object.values(states)) {
    delete state.ToleratedFailurePercentage;
    for (const retrier of state.Retry ?? []) {
      if (retrier.MaxAttempts > 0) Object.assign(retrier, { MaxAttempts: 2, IntervalSeconds: 1 });
    }
    shorten(state.ItemProcessor?.States ?? {});
  }
}

const missing = findTerraformFault(moduleFolder) ?? findEmulatorFault() ?? findWorkflowEmulatorFault();

describeWithTools("the schedule's workflow", missing, () => {
  let emulator: AwsEmulator | undefined;
  const opened: EcrAccount[] = [];

  beforeAll(async () => {
    emulator = await startAwsEmulator();
  }, 60_000);

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((account) => account.close()));
  });

  afterAll(() => {
    emulator?.stop();
  });

  /** Plans the module with these inputs, and writes the workflow's definition to a file. */
  async function planWorkflow(inputs: Readonly<Record<string, string>>): Promise<string> {
    const environment = {
      AWS_ENDPOINT_URL: emulator!.url,
      AWS_ACCESS_KEY_ID: 'emulated',
      AWS_SECRET_ACCESS_KEY: 'emulated',
      AWS_REGION: 'eu-west-1',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    const variables = Object.entries(inputs).flatMap(([name, value]) => ['-var', `${name}=${value}`]);
    const planned = await runTerraform(
      moduleFolder,
      ['plan', '-no-color', '-out=plan', ...variables],
      environment,
    );
    if (planned.exitCode !== 0) throw new Error(planned.stderr);
    const { stdout } = await runTerraform(moduleFolder, ['show', '-json', 'plan'], environment);
    const { planned_values: values } = JSON.parse(stdout) as {
      readonly planned_values: {
        readonly root_module: {
          readonly child_modules: readonly {
            readonly resources: readonly {
              readonly type: string;
              readonly values: { readonly definition: string };
            }[];
          }[];
        };
      };
    };
    const resources = values.root_module.child_modules.flatMap((module) => module.resources);
    const machine = resources.find(({ type }) => type === 'aws_sfn_state_machine');
    const definition = JSON.parse(machine!.values.definition) as {
      readonly States: Readonly<Record<string, State>>;
    };
    shorten(definition.States);
    const file = join(folder, 'definition.json');
    writeFileSync(file, JSON.stringify(definition));
    return file;
  }

  async function run(
    inputs: Readonly<Record<string, string>>,
    registry: Readonly<Record<string, readonly DescribedImage[]>>,
    more: Partial<EcrAccountOptions> = {},
  ): Promise<{ readonly account: EcrAccount; readonly finished: FinishedWorkflow }> {
    const account = await EcrAccount.open({
      repositories: Object.keys(registry),
      images: (repository) => registry[repository] ?? [],
      ...more,
    });
    opened.push(account);
    const file = await planWorkflow({ schedule: '{ enabled = true }', ...inputs });
    const finished = await runWorkflow(file, account.environment['AWS_ENDPOINT_URL_ECR']!);
    return { account, finished };
  }

  test('sends each recent image that matches to the filter function once, one per second', async () => {
    const others = Object.fromEntries(Array.from({ length: 85 }, (_, index) => [`other/${index}`, []]));
    const config = 'application/vnd.oci.image.config.v1+json';
    const single = image(['latest'], 71, { artifactMediaType: config });
    const registry = {
      ...others,
      'prod/web': [
        ...Array.from({ length: 45 }, (_, index) => image([`v${index}`])),
        image(['latest', 'v45', 'latest-soci']),
      ],
      'prod/single': [single],
      'prod/old': [image(['latest'], 73)],
      'prod/young': [image(['latest'], 0.9)],
      'prod/chart': [image(['latest'], 2, { artifactMediaType: 'application/vnd.cncf.helm.config.v1+json' })],
      'prod/empty': [],
      'team/web.app': [image(['v1', 'v2', 'v1-soci', 'latest'])],
      'team/webxapp': [image(['v1'])],
    };
    const { account, finished } = await run(
      { repository_image_tag_filters: '["prod/*:latest", "team/web.app:v*"]' },
      registry,
    );
    expect(finished).toEqual({ status: 'SUCCEEDED', error: null, cause: null });
    expect([...account.invoked].sort()).toEqual(
      [
        `prod/web:latest@${registry['prod/web'].at(-1)!.imageDigest}`,
        `prod/single:latest@${single.imageDigest}`,
        ...['v1', 'v2'].map((tag) => `team/web.app:${tag}@${registry['team/web.app'][0]!.imageDigest}`),
      ].sort(),
    );
    // The filter function accepts the events as ECR's.
    for (const { functionName, event } of account.invocations) {
      expect(functionName).toBe(filterArn);
      expect(() => parseEcrPushEvent(event, filterArn)).not.toThrow();
    }
    expect(
      account.invocations.find(({ event }) => event.detail['repository-name'] === 'prod/single')!.event
        .detail,
    ).toMatchObject({ 'artifact-media-type': config, 'image-tag': 'latest' });
    const times = account.invocations.map(({ atMilliseconds }) => atMilliseconds);
    times.slice(1).forEach((time, index) => {
      expect(time - times[index]!).toBeGreaterThan(990);
    });
    // The role may list only these.
    const listed = account.inputsOf('DescribeImages').map((input) => String(input['repositoryName']));
    expect([...new Set(listed)].sort()).toEqual(
      Object.keys(registry)
        .filter((name) => /^(?:prod\/.*|team\/web\.app)$/.test(name))
        .sort(),
    );
    expect(listed.filter((name) => name === 'prod/web')).toHaveLength(2);
  });

  test('with V1, sends an image only once, whatever its tags are', async () => {
    const registry = { app: [image(['a-soci', 'b', 'c']), image(['d'])] };
    const { account, finished } = await run({ soci_index_version: 'V1' }, registry);
    expect(finished.status).toBe('SUCCEEDED');
    expect(account.invoked.map((name) => name.split('@')[0])).toEqual(['app:a-soci', 'app:d']);
  });

  test('sends every tag if the template moves the tag itself, and skips our own tags by their prefix', async () => {
    const registry = { app: [image(['v1', 'lazy-v1'])] };
    const moved = await run({ target_tag_template: '{tag}' }, registry);
    expect(moved.account.invoked).toHaveLength(2);
    const prefixed = await run({ target_tag_template: 'lazy-{tag}' }, registry);
    expect(prefixed.account.invoked.map((name) => name.split('@')[0])).toEqual(['app:v1']);
  });

  test('continues after a repository that it may not list, and fails at the end', async () => {
    const { account, finished } = await run(
      {},
      { first: [image(['v1'])], second: [image(['v1'])] },
      {
        refuse: ({ action, input }) =>
          action === 'DescribeImages' && input['repositoryName'] === 'first'
            ? { status: 400, type: 'AccessDeniedException', message: 'not allowed' }
            : undefined,
      },
    );
    expect(account.invoked.map((name) => name.split('@')[0])).toEqual(['second:v1']);
    expect(finished).toMatchObject({ status: 'FAILED', error: 'RepositoriesNotSearched' });
    expect(finished.cause).toMatch(/^1 repositories could not be searched/);
  });

  test('retries after throttling, and ignores a repository that was deleted in the meantime', async () => {
    let refusals = 0;
    const { account, finished } = await run(
      {},
      { app: [image(['v1'])], gone: [] },
      {
        refuse: ({ action, input }) => {
          if (input['repositoryName'] === 'gone') {
            return { status: 400, type: 'RepositoryNotFoundException', message: 'does not exist' };
          }
          return action !== 'Invoke' && ++refusals % 2 === 1
            ? { status: 400, type: 'ThrottlingException', message: 'Rate exceeded' }
            : undefined;
        },
      },
    );
    expect(finished).toEqual({ status: 'SUCCEEDED', error: null, cause: null });
    expect(account.invoked).toHaveLength(1);
    expect(refusals).toBe(4);
  });
});
