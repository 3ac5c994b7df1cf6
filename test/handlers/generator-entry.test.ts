// The generator's bundle as Lambda runs it: in its own process, with threads.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { ecrWays } from '../../lambda-src/local-registry/local-registry.ts';
import { generatorEnvironment } from '../helpers/function-environment.ts';
import { standInEnvironment, useAws } from '../helpers/aws.ts';
import { builtProgram } from '../helpers/built-program.ts';
import { gzipLayer, pushImage } from '../helpers/images.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { openStore, useRegistries } from '../registry/registries.ts';
import { pushEvent } from './lambda-invocation.ts';

const openRegistry = useRegistries();
const openAws = useAws();
const folder = makeTemporaryFolder();

const bundle = pathToFileURL(builtProgram('generator.mjs')).href;

test("the generator's bundle indexes an image in threads whose program is in the same file", async () => {
  const registry = await openRegistry({ ...ecrWays, immutableTags: false });
  const aws = await openAws({ registryUrl: registry.url });
  const { username, password } = ecrWays.access;
  const store = openStore(registry, {
    credentials: () => Promise.resolve({ kind: 'password', username, password }),
  });
  const { digest } = await pushImage(store, {
    tag: 'latest',
    layers: [gzipLayer('a'), gzipLayer('b'), gzipLayer('c')],
  });
  const program = `
    const { handler } = await import('${bundle}');
    const event = ${JSON.stringify(pushEvent({ tag: 'latest', digest }))};
    await handler(event, {
      functionName: 'name-generator',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:name-generator',
      awsRequestId: 'one',
      getRemainingTimeInMillis: () => 60_000,
    });
    process.exit();`;

  // Reads the file, because options on the command line would also apply to the threads.
  const path = join(folder, 'program.mjs');
  writeFileSync(path, program);

  const { stdout } = await promisify(execFile)(process.execPath, [path], {
    env: {
      ...standInEnvironment(aws),
      ...generatorEnvironment,
    },
  });

  const [line, metrics] = stdout.split('\n').map((text): unknown => (text === '' ? {} : JSON.parse(text)));
  const target = await store.resolve('latest-soci');
  expect(line).toMatchObject({ level: 'INFO', status: 'indexed', digest: target?.digest });
  expect(metrics).toMatchObject({ Outcome: 'indexed', Layers: 3 });
  expect(aws.calls.map(({ action }) => action)).toEqual([
    'GetAuthorizationToken',
    'DescribeImages',
    'PutEvents',
  ]);
});
