// Builds everything in dist/, which is committed. CI compares the result of this build with the committed files.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import {
  bundleAction,
  bundleCommandLine,
  bundleFunction,
  functionEntryPoints,
  projectFolder,
} from './bundles.ts';
import { writeChecksums } from './checksums.ts';
import { zipFiles } from './zip.ts';

const dist = `${projectFolder}dist/`;

/** Writes the licences of bundled packages, as the licences require. */
function writeThirdPartyLicenses(inputs: readonly string[]): void {
  const folders = new Set<string>();
  for (const input of inputs) {
    const match = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match !== null) folders.add(`${projectFolder}${match[0]}`);
  }
  // Most packages have identical licence texts, which are listed once, under all their names.
  const namesByText = new Map<string, string[]>();
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as {
      name: string;
      version: string;
      license: string;
    };
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file));
    const text = files
      .sort()
      .map((file) => readFileSync(folder + file, 'utf8').trim())
      .join('\n\n');
    const names = namesByText.get(text) ?? [];
    namesByText.set(text, [...names, `${name} ${version} (${license})`]);
  }
  const texts = [...namesByText].map(([text, names]) => [...names, '', text].join('\n'));
  const rule = `\n\n${'-'.repeat(80)}\n\n`;
  writeFileSync(`${dist}THIRD-PARTY-LICENSES.txt`, `${texts.join(rule)}\n`);
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
const commandLine = await bundleCommandLine();
writeFileSync(`${dist}soci-index.mjs`, commandLine.code, { mode: 0o755 });
const action = await bundleAction();
writeFileSync(`${dist}action.mjs`, action.code);
const inputs = [...commandLine.inputs, ...action.inputs];
for (const [name, entryPoint] of Object.entries(functionEntryPoints)) {
  const bundle = await bundleFunction(entryPoint);
  inputs.push(...bundle.inputs);
  // The function's handler is `index.handler`.
  writeFileSync(`${dist}${name}.zip`, zipFiles({ 'index.mjs': bundle.code }));
}
writeThirdPartyLicenses(inputs);
writeChecksums(dist);
