// Checks the event patterns that Terraform renders with AWS's own matcher (test/terraform/event-pattern): those of
// event-pattern.tftest.hcl with events that must and must not match, and those of random filters with the filters.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { findMatcherFault, judge, type Verdict } from '../helpers/event-matcher.ts';
import { describeWithTools } from '../helpers/needed-tools.ts';
import { createRandom } from '../helpers/random.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { copyModule, findTerraformFault, runTerraform } from '../helpers/terraform.ts';

const folder = makeTemporaryFolder();
copyModule(folder);

/**
 * Plans the runs of one test file and returns their outputs, by run name. With `-json`, every plan includes the provider's
 * whole schema, some 14 MB, in one line.
 */
async function renderOutputs(
  file: string,
): Promise<Readonly<Record<string, Readonly<Record<string, unknown>>>>> {
  const outputs: Record<string, Record<string, unknown>> = {};
  const { exitCode, stderr } = await runTerraform(
    folder,
    ['test', '-json', '-verbose', '-test-directory=test/terraform', `-filter=test/terraform/${file}`],
    {},
    (line) => {
      if (!line.includes('"type":"test_plan"')) return;
      const message = JSON.parse(line) as {
        readonly '@testrun': string;
        readonly test_plan: {
          readonly output_changes: Readonly<Record<string, { readonly after: unknown }>>;
        };
      };
      outputs[message['@testrun']] = Object.fromEntries(
        Object.entries(message.test_plan.output_changes).map(([name, { after }]) => [name, after]),
      );
    },
  );
  if (exitCode !== 0) throw new Error(`terraform test of ${file} failed. ${stderr}`);
  return outputs;
}

const imageConfig = 'application/vnd.oci.image.config.v1+json';

/** A push event as ECR sends it. `detail` adds fields or, with undefined, removes them. */
function makePush(repository: string, tag: string, detail: object = {}, envelope: object = {}) {
  return {
    version: '0',
    id: '13cde686-328b-6117-af20-0e5566167482',
    'detail-type': 'ECR Image Action',
    source: 'aws.ecr',
    account: '111122223333',
    time: '2026-01-02T03:04:05Z',
    region: 'eu-west-1',
    resources: [],
    detail: {
      result: 'SUCCESS',
      'repository-name': repository,
      'image-digest': `sha256:${'0'.repeat(64)}`,
      'action-type': 'PUSH',
      'image-tag': tag,
      'manifest-media-type': 'application/vnd.oci.image.manifest.v1+json',
      'artifact-media-type': imageConfig,
      ...detail,
    },
    ...envelope,
  };
}

const images = Object.fromEntries(
  [
    ...[
      'prod:latest',
      'prod/web:latest',
      'production:latest',
      'prod/web:v1',
      'preprod:latest',
      'Prod:latest',
    ],
    ...['dev:v1', 'dev:v1.2', 'dev:latest', 'dev:v1-soci', 'devel:v1', 'dev/web:v1', 'dev:', 'prod/web:'],
    ...['web:v1', 'web:x', 'web:v1-release', 'team/web:v2', 'team:v2', 'shop-prod:x-release', 'a/x/b:1-rc-2'],
    ...['ab:v', 'a-b:v3', 'a-b:x', 'c-d:x', 'e1f2g:x', 'e1f2g3h:x', 'web:release-7', 'web:a1b'],
  ].map((image) => {
    const [repository, tag] = image.split(':');
    return [image, makePush(repository!, tag!)];
  }),
);

/** Images, whichever fields their events lack. */
const unusualImages = {
  'an image index': makePush('dev', 'v1', { 'artifact-media-type': undefined }),
  'a Docker image': makePush('dev', 'v1', {
    'artifact-media-type': 'application/vnd.docker.container.image.v1+json',
  }),
};

const untaggedImages = {
  'an image without a tag field': makePush('dev', '', { 'image-tag': undefined }),
};

/** Events for a matching repository and tag that are not pushes of an image, or are from another registry. */
const others = {
  'a SOCI index V1': makePush('dev', 'v1', {
    'artifact-media-type': 'application/vnd.amazon.soci.index.v1+json',
  }),
  'a SOCI index V2': makePush('dev', 'v1', {
    'artifact-media-type': 'application/vnd.amazon.soci.index.v2+json',
  }),
  'a Notation signature': makePush('dev', 'v1', {
    'artifact-media-type': 'application/vnd.cncf.notary.signature',
  }),
  'a Sigstore bundle': makePush('dev', 'v1', {
    'artifact-media-type': 'application/vnd.dev.sigstore.bundle.v0.3+json',
  }),
  'a chart': makePush('dev', 'v1', { 'artifact-media-type': 'application/vnd.cncf.helm.config.v1+json' }),
  'a bill of materials': makePush('dev', 'v1', { 'artifact-media-type': 'application/spdx+json' }),
  'a deleted image': makePush('dev', 'v1', { 'action-type': 'DELETE' }),
  'a failed push': makePush('dev', 'v1', { result: 'FAILURE' }),
  'a push in another account': makePush('dev', 'v1', {}, { account: '444455556666' }),
  'a push in another region': makePush('dev', 'v1', {}, { region: 'us-east-1' }),
  'a scan': makePush('dev', 'v1', {}, { 'detail-type': 'ECR Image Scan' }),
  'an event of a user': makePush('dev', 'v1', {}, { source: 'my.ecr' }),
};

/** A replicated image, whose event has no media types. */
function makeReplica(repository: string, tag: string, detail: object = {}, envelope: object = {}) {
  return makePush(
    repository,
    tag,
    {
      'action-type': 'REPLICATE',
      'source-account': '111122223333',
      'source-region': 'us-east-1',
      'manifest-media-type': undefined,
      'artifact-media-type': undefined,
      ...detail,
    },
    { 'detail-type': 'ECR Replication Action', ...envelope },
  );
}

const replicas = {
  'a replica': makeReplica('dev', 'v1'),
  'a replica of our own tag': makeReplica('dev', 'v1-soci'), // the filter function skips it
};

const untaggedReplicas = { 'a replica without a tag': makeReplica('dev', '') };

const unmatchedReplicas = {
  'a replica that no filter matches': makeReplica('team/web', 'v2'),
};

/** Events that must never match, whatever the module's settings. */
const otherArrivals = {
  'a failed replication': makeReplica('dev', 'v1', { result: 'FAILED' }),
  'a replica in another region': makeReplica('dev', 'v1', {}, { region: 'us-east-1' }),
  'an image of a pull-through cache': makePush(
    'dev',
    'v1',
    {
      result: undefined,
      'action-type': undefined,
      'sync-status': 'SUCCESS',
      'ecr-repository-prefix': 'dev',
      'upstream-registry-url': 'public.ecr.aws',
    },
    { 'detail-type': 'ECR Pull Through Cache Action' },
  ),
};

const events = {
  ...images,
  ...unusualImages,
  ...untaggedImages,
  ...others,
  ...replicas,
  ...untaggedReplicas,
  ...unmatchedReplicas,
  ...otherArrivals,
};

const taggedImages = [
  ...Object.keys(images).filter((image) => !image.endsWith(':')),
  ...Object.keys(unusualImages),
];
const taggedX = ['a-b:x', 'c-d:x', 'e1f2g3h:x', 'e1f2g:x', 'web:x'];

/** Which events match each pattern of event-pattern.tftest.hcl. */
const expectedMatches: Readonly<Record<string, readonly string[]>> = {
  'every image': taggedImages,
  // The pattern has `prod*` or `dev`, and any tag: `prod/web:v1` reaches the filter function, which rejects it.
  seed: [
    ...['prod:latest', 'prod/web:latest', 'production:latest', 'prod/web:v1'],
    ...['dev:v1', 'dev:v1.2', 'dev:latest', 'dev:v1-soci', ...Object.keys(unusualImages)],
  ],
  'one tag everywhere': taggedImages.filter((image) => image.endsWith(':latest')),
  'every kind of comparison': ['a/x/b:1-rc-2', 'a-b:v3', 'ab:v', 'shop-prod:x-release', 'team/web:v2'].concat(
    ...['web:v1', 'web:v1-release'],
  ),
  'runs of stars': ['ab:v', 'a-b:v3'],
  'four stars': ['a-b:x', 'c-d:x', 'e1f2g:x'],
  'five stars': taggedX,
  'five stars in tags': taggedImages,
  '2048 characters': [],
  '2049 characters': taggedX,
  'too many tags': taggedImages,
  'version 1 of every image': [
    ...Object.keys(images),
    ...Object.keys(unusualImages),
    ...Object.keys(untaggedImages),
  ],
  'version 1 of tagged images': ['prod:latest', 'prod/web:latest', 'production:latest', 'prod/web:v1'].concat(
    ...['dev:v1', 'dev:v1.2', 'dev:latest', 'dev:v1-soci', ...Object.keys(unusualImages)],
  ),
  replicas: ['prod:latest', 'prod/web:latest', 'production:latest', 'prod/web:v1'].concat(
    ...['dev:v1', 'dev:v1.2', 'dev:latest', 'dev:v1-soci', ...Object.keys(unusualImages)],
    ...Object.keys(replicas),
  ),
  'version 1 of replicas': [
    ...Object.keys(images),
    ...Object.keys(unusualImages),
    ...Object.keys(untaggedImages),
    ...Object.keys(replicas),
    ...Object.keys(untaggedReplicas),
    ...Object.keys(unmatchedReplicas),
  ],
};

/**
 * The complexity that the matcher computes for three conditions such as `*:stack/a/*` on one field. EventBridge accepts a
 * rule with these, and rejects one with four as too complex.
 */
const acceptedComplexity = 9;

/** The meaning of the filters (docs/module.md), implemented independently. */
function matchesAnyFilter(image: string, filters: readonly string[]): boolean {
  return filters.some((filter) => {
    const literals = filter.split('*').map((text) => text.replace(/[.]/g, '\\.'));
    return new RegExp(`^${literals.join('.*')}$`).test(image);
  });
}

describeWithTools('event patterns', findTerraformFault(folder) ?? findMatcherFault(), () => {
  describe('in event-pattern.tftest.hcl', () => {
    let verdicts: Readonly<Record<string, Verdict>> = {};

    beforeAll(async () => {
      const outputs = await renderOutputs('event-pattern.tftest.hcl');
      verdicts = judge(
        {
          ...(outputs['version_2']!['event_patterns'] as Record<string, string>),
          'version 1 of every image': outputs['version_1_of_every_image']!['event_pattern'] as string,
          'version 1 of tagged images': outputs['version_1_of_tagged_images']!['event_pattern'] as string,
          replicas: outputs['replicated_images']!['event_pattern'] as string,
          'version 1 of replicas': outputs['replicated_images_with_version_1']!['event_pattern'] as string,
        },
        events,
      );
    }, 300_000);

    test('are all tested', () => {
      expect(Object.keys(verdicts).sort()).toEqual(Object.keys(expectedMatches).sort());
    });

    test.each(Object.entries(expectedMatches))(
      'match exactly the events that they must: %s',
      (name, expected) => {
        const verdict = verdicts[name]!;
        if ('refused' in verdict) throw new Error(verdict.refused);
        expect([...verdict.matches].sort()).toEqual([...expected].sort());
        expect(verdict.complexity).toBeLessThanOrEqual(acceptedComplexity);
      },
    );
  });

  describe('made from random filters', () => {
    const random = createRandom(5);
    const makeText = (alphabet: readonly string[]) =>
      Array.from({ length: 1 + random.below(4) }, () => random.pick(alphabet)).join('');
    const filterLists = Object.fromEntries(
      Array.from({ length: 40 }, (_, list) => [
        `filters ${list}`,
        Array.from(
          { length: 1 + random.below(3) },
          () => `${makeText(['a', 'b', '*', '*'])}:${makeText(['A', 'b', '.', '*'])}`,
        ),
      ]),
    );
    const pushedImages = Array.from(
      { length: 400 },
      () => `${makeText(['a', 'b', 'ba', 'a/b'])}:${makeText(['A', 'b', 'bA', 'A.'])}`,
    );
    let verdicts: Readonly<Record<string, Verdict>> = {};

    beforeAll(async () => {
      const written = readFileSync(join(folder, 'test/terraform/event-pattern.tftest.hcl'), 'utf8');
      const mockedProvider = written.slice(0, written.indexOf('run "'));
      writeFileSync(
        join(folder, 'test/terraform/random-filters.tftest.hcl'),
        `${mockedProvider}
run "random" {
  command = plan
  module {
    source = "./test/terraform/many-filters"
  }
  variables {
    filters = ${JSON.stringify(filterLists)}
  }
}
`,
      );
      expect(findTerraformFault(folder)).toBeUndefined(); // terraform init must install the new file's modules
      const outputs = await renderOutputs('random-filters.tftest.hcl');
      verdicts = judge(
        outputs['random']!['event_patterns'] as Record<string, string>,
        Object.fromEntries(
          pushedImages.map((image) => [image, makePush(...(image.split(':') as [string, string]))]),
        ),
      );
    }, 300_000);

    test.each(Object.entries(filterLists))(
      '%s %j: match every image that a filter matches',
      (name, filters) => {
        const verdict = verdicts[name]!;
        if ('refused' in verdict) throw new Error(verdict.refused);
        const matched = pushedImages.filter((image) => matchesAnyFilter(image, filters));
        expect(matched.filter((image) => !verdict.matches.includes(image))).toEqual([]);
        expect(verdict.complexity).toBeLessThanOrEqual(acceptedComplexity);
      },
    );
  });
});
