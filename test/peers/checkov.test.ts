// Runs checkov's rules for AWS on the module and its examples.
import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { findToolFault, installPythonProgram } from '../helpers/kept-tool.ts';
import { describeWithTools } from '../helpers/needed-tools.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { copyModule } from '../helpers/terraform.ts';

const install = () => installPythonProgram('checkov', '3.3.30');

/** Findings that we accept, by the resource's name within the module or example, and why. */
const exceptions: Readonly<Record<string, { readonly resources: RegExp; readonly because: string }>> = {
  CKV_AWS_116: {
    resources: /aws_lambda_function\.this$/,
    because:
      'failed events go to the dead-letter queue by aws_lambda_function_event_invoke_config, which checkov does not see',
  },
  CKV_AWS_272: {
    resources: /aws_lambda_function\.this$/,
    because:
      'the zips are in the module, and their checksums in dist/SHA256SUMS; a code signing profile is the user’s',
  },
  CKV_AWS_285: {
    resources: /schedule(\[0\])?\.aws_sfn_state_machine\.this$/,
    because: 'errors are logged, but deliberately no image data (include_execution_data)',
  },
  CKV_AWS_284: {
    resources: /schedule(\[0\])?\.aws_sfn_state_machine\.this$/,
    because: 'tracing is an input, off by default',
  },
  CKV_AWS_338: {
    resources: /aws_cloudwatch_log_group\.this$/,
    because: 'the retention is an input; a default of one year would cost every user',
  },
  CKV_AWS_289: { resources: /^aws_iam_policy\.boundary$/, because: 'a boundary grants nothing' },
  CKV_AWS_290: { resources: /^aws_iam_policy\.boundary$/, because: 'a boundary grants nothing' },
  CKV_AWS_355: { resources: /^aws_iam_policy\.boundary$/, because: 'a boundary grants nothing' },
  CKV_AWS_394: {
    resources: /^aws_availability_zones\.this$/,
    because: 'the example uses the first two zones, whichever they are',
  },
  CKV2_AWS_11: { resources: /^aws_vpc\.this$/, because: 'the example has a VPC only to show the endpoints' },
  CKV2_AWS_12: { resources: /^aws_vpc\.this$/, because: 'the example has a VPC only to show the endpoints' },
};

interface CheckovResult {
  readonly summary: { readonly passed: number; readonly parsing_errors: number };
  readonly results: {
    readonly failed_checks: readonly {
      readonly check_id: string;
      readonly check_name: string;
      readonly resource: string;
    }[];
  };
}

describeWithTools('checkov', findToolFault(install), () => {
  const folder = makeTemporaryFolder();
  copyModule(folder);
  let result: CheckovResult;

  test('reads all files', () => {
    const { stdout, stderr } = spawnSync(
      install(),
      [
        ...['--directory', folder, '--skip-path', '/test/terraform/', '--framework', 'terraform'],
        ...['--compact', '--quiet', '--output', 'json', '--skip-download'],
      ],
      { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    );
    if (stdout === '') throw new Error(stderr.slice(-2000));
    result = JSON.parse(stdout) as CheckovResult;
    expect(result.summary.parsing_errors).toBe(0);
    expect(result.summary.passed).toBeGreaterThan(150);
  });

  test('has no other findings than the exceptions', () => {
    const unexpected = result.results.failed_checks.filter(
      ({ check_id: id, resource }) => exceptions[id]?.resources.test(resource) !== true,
    );
    expect(unexpected.map((check) => `${check.check_id} ${check.check_name}: ${check.resource}`)).toEqual([]);
  });

  test('still needs every exception', () => {
    const failed = new Set(result.results.failed_checks.map(({ check_id: id }) => id));
    expect(Object.keys(exceptions).filter((id) => !failed.has(id))).toEqual([]);
  });
});
