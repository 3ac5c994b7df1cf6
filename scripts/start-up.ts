// npx tsx scripts/start-up.ts [NODE]: measures the CPU time that each program in dist/ takes to start, compared with an empty
// function. NODE is the Node executable to use; by default, the one that runs this script. The processes take turns, so that a
// noisy machine affects all of them equally. Fails if the filter function misses its goal (docs/lambda.md).
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { unzipSync } from 'fflate';
import { createAwsStandIn } from '../lambda-src/demo/aws-stand-in.ts';
import { projectFolder } from './bundles.ts';

/** CPU time beyond that of an empty function. */
const filterGoalMilliseconds = 90;
const rounds = 15;

const event = {
  'detail-type': 'ECR Image Action',
  source: 'aws.ecr',
  account: '111122223333',
  region: 'eu-west-1',
  detail: {
    result: 'SUCCESS',
    'repository-name': 'team/app',
    'image-digest': `sha256:${'0'.repeat(64)}`,
    'action-type': 'PUSH',
    'image-tag': 'latest',
  },
};

/** The measured programs, by description. */
type Programs = Readonly<Record<string, string>>;

function makePrograms(folder: string): Programs {
  writeFileSync(join(folder, 'empty.mjs'), 'export const handler = () => {};');
  for (const name of ['filter', 'generator']) {
    const zip = readFileSync(join(projectFolder, 'dist', `${name}.zip`));
    writeFileSync(join(folder, `${name}.mjs`), unzipSync(zip)['index.mjs']!);
  }
  const start = (name: string) => `await import('${pathToFileURL(join(folder, `${name}.mjs`)).href}')`;
  const commandLine = join(projectFolder, 'dist', 'soci-index.mjs');
  const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:filter';
  const call = `handler(${JSON.stringify(event)}, { invokedFunctionArn: '${arn}' })`;
  return {
    empty: start('empty'),
    'filter started': start('filter'),
    'filter started, with an event that no filter matches': `process.env.SOCI_FILTERS = 'x:*'; (${start('filter')}).${call}`,
    'filter started, with an event that is forwarded': `await (${start('filter')}).${call}`,
    'generator started': start('generator'),
    'command line, printing its version': `process.argv.push('soci-index', '--version'); await import('${pathToFileURL(commandLine).href}')`,
  };
}

async function measureCpuMilliseconds(
  node: string,
  program: string,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const reporter = join(projectFolder, 'scripts', 'report-usage.cjs');
  const child = spawn(
    node,
    ['--no-warnings', '--require', reporter, '--input-type=module', '--eval', program],
    {
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
      env: environment,
    },
  );
  let report = '';
  child.stdio[3]!.on('data', (piece: Buffer) => {
    report += piece.toString();
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`a measured process ended with ${String(code)}`);
  const { cpuSeconds } = JSON.parse(report) as { cpuSeconds: number };
  return cpuSeconds * 1000;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

const node = process.argv[2] ?? process.execPath;
const folder = mkdtempSync(join(tmpdir(), 'soci-start-up-'));
const aws = await createAwsStandIn();
try {
  const environment = {
    AWS_ENDPOINT_URL_LAMBDA: aws.url,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret-access-key',
    SOCI_FILTERS: '*:*',
    SOCI_INDEX_VERSION: 'V2',
    SOCI_TARGET_TAG_TEMPLATE: '{tag}-soci',
    GENERATOR_FUNCTION_NAME: 'generator',
    SOCI_INDEX_REPLICATED_IMAGES: 'false',
  };
  const programs = Object.entries(makePrograms(folder));
  const samples = new Map<string, number[]>(programs.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, program] of programs) {
      samples.get(name)!.push(await measureCpuMilliseconds(node, program, environment));
    }
  }
  const empty = median(samples.get('empty')!);
  console.log(
    `Medians of ${rounds} processes, CPU milliseconds (user and system); empty function: ${empty.toFixed(0)}`,
  );
  for (const [name, values] of [...samples].slice(1)) {
    const above = median(values) - empty;
    console.log(`${above.toFixed(0).padStart(6)} more: ${name}`);
    if (name === 'filter started' && above > filterGoalMilliseconds) {
      console.error(`The filter misses its goal of at most ${filterGoalMilliseconds} ms.`);
      process.exitCode = 1;
    }
  }
} finally {
  await aws.close();
  rmSync(folder, { recursive: true, force: true });
}
