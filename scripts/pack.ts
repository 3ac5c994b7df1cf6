// Creates the npm package of the command line, build/soci-index-VERSION.tgz, from dist/. Its package.json has no
// dependencies, because everything is bundled, and no scripts, so that installing it runs nothing. The root's package.json
// stays private, with the dependencies that `npm audit` checks.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { projectFolder } from './bundles.ts';

/** The command's name, so that `npx soci-index` works. */
const packageName = 'soci-index';

interface RootPackage {
  readonly version: string;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
}

const { version, license, engines } = JSON.parse(
  readFileSync(`${projectFolder}package.json`, 'utf8'),
) as RootPackage;

/** npm publishes with provenance only if the package names the repository that it is published from. */
function describeRepository(): Readonly<Record<string, unknown>> {
  const repository = process.env['GITHUB_REPOSITORY'];
  if (repository === undefined) return {};
  const url = `${process.env['GITHUB_SERVER_URL'] ?? 'https://github.com'}/${repository}`;
  return { homepage: `${url}#readme`, repository: { type: 'git', url: `git+${url}.git` } };
}

const files = {
  'soci-index.mjs': 'dist/soci-index.mjs',
  'THIRD-PARTY-LICENSES.txt': 'dist/THIRD-PARTY-LICENSES.txt',
  LICENSE: 'LICENSE',
  'README.md': 'packaging/README.md',
} as const;

const staging = `${projectFolder}build/package/`;
rmSync(staging, { recursive: true, force: true });
mkdirSync(staging, { recursive: true });
for (const [name, source] of Object.entries(files)) copyFileSync(projectFolder + source, staging + name);
chmodSync(`${staging}soci-index.mjs`, 0o755);
const description = {
  name: packageName,
  version,
  description:
    'Builds, checks and explains SOCI (Seekable OCI) indexes of container images, for AWS Fargate, EKS and the SOCI snapshotter.',
  keywords: ['soci', 'seekable-oci', 'containers', 'oci', 'fargate', 'ecr', 'lazy-loading'],
  license,
  ...describeRepository(),
  type: 'module',
  bin: { 'soci-index': 'soci-index.mjs' },
  files: Object.keys(files),
  engines,
};
writeFileSync(`${staging}package.json`, `${JSON.stringify(description, null, 2)}\n`);
const name = execFileSync(
  'npm',
  ['pack', staging, '--pack-destination', `${projectFolder}build`, '--silent'],
  {
    encoding: 'utf8',
  },
).trim();
process.stdout.write(`build/${name}\n`);
