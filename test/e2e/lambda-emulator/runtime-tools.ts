// Lambda's runtime from npm: Node 22, and AWS's own client of the Runtime API, a native module that is built here.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The only runtime available here. */
export const runtimeName = 'nodejs22.x';

const nodeVersion = '22.23.3';
const clientVersion = '4.0.2';

/** Kept between runs, because building the client takes more than a minute. */
const toolsFolder = join(tmpdir(), `soci-index-builder-lambda-${nodeVersion}-${clientVersion}`);

const nodeFolder = join(toolsFolder, 'node', 'node_modules', `node-linux-${process.arch}`);
const clientFolder = join(toolsFolder, 'client', 'node_modules', 'aws-lambda-ric');

export const nodePath = join(nodeFolder, 'bin', 'node');
export const runtimeClientPath = join(clientFolder, 'index.mjs');

/** Installs both if they are missing. Returns what prevents that, as a sentence; otherwise undefined. */
export function findRuntimeFault(): string | undefined {
  if (process.platform !== 'linux') return 'Lambda functions run on Linux only.';
  if (spawnSync(nodePath, ['--version']).status !== 0) {
    const problem = installPackage('node', `node-linux-${process.arch}@${nodeVersion}`);
    if (problem !== undefined) return `npm could not install Node ${nodeVersion}. ${problem}`;
  }
  if (existsSync(join(clientFolder, 'rapid-client.node'))) return undefined;
  // The client is built for the Node that runs it, with that version's headers.
  const problem = installPackage('client', `aws-lambda-ric@${clientVersion}`, {
    PATH: `${join(nodeFolder, 'bin')}:${process.env['PATH'] ?? ''}`,
    npm_config_nodedir: nodeFolder,
  });
  if (problem === undefined) return undefined;
  return `AWS's runtime client could not be built; it needs autoconf, automake, libtool, cmake, g++, make, xz and Python 3. ${problem}`;
}

function installPackage(
  folder: string,
  name: string,
  environment: Readonly<Record<string, string>> = {},
): string | undefined {
  const prefix = join(toolsFolder, folder);
  const installed = spawnSync('npm', ['install', '--no-save', '--prefix', prefix, name], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  });
  return installed.status === 0 ? undefined : (installed.error?.message ?? installed.stderr.slice(-2000));
}
