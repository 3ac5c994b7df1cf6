// The OCI distribution specification's own conformance suite, run against local-registry, because other tests rely on that.
// The suite is a Go program, built here from its module.
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createLocalRegistry,
  type LocalRegistryOptions,
} from '../../lambda-src/local-registry/local-registry.ts';
import { hasTool, runTool, testWith } from './registry-tools.ts';

const suite = 'github.com/opencontainers/distribution-spec/conformance';
const suiteVersion = 'v0.0.0-20260831232431-97274622c111';
const remedy = 'install Go 1.24 or newer';

describe('local-registry passes the conformance suite', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'conformance-'));
    if (!hasTool('go', remedy)) return;
    await runTool('go', ['mod', 'init', 'conformance-run'], { cwd: directory });
    await runTool('go', ['get', `${suite}@${suiteVersion}`], { cwd: directory });
    await runTool('go', ['build', '-o', join(directory, 'conformance'), suite], { cwd: directory });
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const runSuite = async (
    options: LocalRegistryOptions,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Map<string, string>> => {
    const registry = await createLocalRegistry(options);
    try {
      const output = await runTool(join(directory, 'conformance'), [], {
        cwd: directory,
        environment: {
          OCI_REGISTRY: registry.host,
          OCI_TLS: 'disabled',
          OCI_VERSION: '1.1',
          OCI_RESULTS_DIR: join(directory, 'results'),
          OCI_API_BLOBS_UPLOAD_CANCEL: 'true',
          OCI_API_BLOBS_DIGEST_HEADER: 'true',
          OCI_API_MANIFESTS_DIGEST_HEADER: 'true',
          ...environment,
        },
      });
      const lines = output.matchAll(/^ {2}(\S.*?)\.{2,}: +(\S+)$/gm);
      return new Map([...lines].map(([, name = '', result = '']) => [name, result]));
    } finally {
      await registry.close();
    }
  };

  const expectAllPassed = (results: ReadonlyMap<string, string>): void => {
    // These parts are not in version 1.1, or are off by default. A registry may accept indexes with missing manifests.
    const disabled = ['Manifest put with tag params', 'Sparse Manifests', 'Tag Param', 'Tag Param sha512'];
    const words = [...results].filter(([name, result]) => !/^\d+$/.test(result) && !disabled.includes(name));
    expect(words.filter(([, result]) => result !== 'Pass')).toEqual([]);
    expect(words.length).toBeGreaterThan(40);
    expect(results.get('FAIL')).toBe('0');
    expect(Number(results.get('Total'))).toBeGreaterThan(800);
  };

  testWith('go', remedy)('pull, push, content discovery and content management', async () => {
    expectAllPassed(await runSuite({}));
  });

  // Redirected blobs are not tested: Go's client considers another port the same host, and would send our credentials to
  // the storage.
  testWith('go', remedy)('with tokens from a service on another origin', async () => {
    const credentials = { username: 'robot', password: 'robots-password' };
    expectAllPassed(
      await runSuite(
        { access: { scheme: 'bearer', ...credentials } },
        { OCI_USERNAME: credentials.username, OCI_PASSWORD: credentials.password },
      ),
    );
  });
});
