// Third-party tools that these tests need. If one is missing, a test is skipped with a message; under CI it fails.
import { test } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** `test`, or `test.skip` if a program is missing and CI is not set. */
export function testWith(program: string, remedy: string): typeof test | typeof test.skip {
  return hasTool(program, remedy) ? test : test.skip;
}

/** Whether to run the tests that need a program: it is installed, or CI requires it. */
export function hasTool(program: string, remedy: string): boolean {
  if (spawnSync('which', [program]).status === 0 || process.env['CI'] === 'true') return true;
  console.warn(`${program} is missing, so the tests that need it are skipped: ${remedy}`);
  return false;
}

/** Runs a program to completion. Does not block this process, where the registry that it uses may run. */
export async function runTool(
  program: string,
  parameters: readonly string[],
  options: { readonly cwd?: string; readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const child = spawn(program, parameters, {
    cwd: options.cwd,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pieces: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => pieces.push(piece));
  }
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const output = Buffer.concat(pieces).toString();
  if (exitCode !== 0) {
    throw new Error(
      `${program} ${parameters.join(' ')} exited with code ${String(exitCode)}:\n${output.slice(-8000)}`,
    );
  }
  return output;
}

/** A loopback port that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until a server answers. @throws Error if it exits first, or takes more than 20 seconds. */
export async function waitForServer(child: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (child.exitCode === null && Date.now() < deadline) {
    if (
      await fetch(url).then(
        (response) => response.ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${child.spawnfile} does not answer at ${url}`);
}
