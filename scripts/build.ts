// Builds everything in dist/, which is committed: CI compares what it builds with what is there.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Metafile } from 'esbuild';
import {
  bundleAction,
  bundleCommandLine,
  bundleFunction,
  bundleThread,
  functionEntryPoints,
  projectFolder,
  threadEntryPoints,
} from './bundles.ts';
import { writeChecksums } from './checksums.ts';
import { zipFiles } from './zip.ts';

const dist = `${projectFolder}dist/`;

/** The licences of what is bundled, as they ask for. */
function writeThirdPartyLicenses(metafiles: readonly Metafile[]): void {
  const folders = new Set<string>();
  for (const metafile of metafiles) {
    for (const input of Object.keys(metafile.inputs)) {
      const match = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
      if (match !== null) folders.add(`${projectFolder}${match[0]}`);
    }
  }
  // Most packages have the same text, word for word: it comes once, under all their names.
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

/** The zip of a Lambda function, whose handler is `index.handler`. */
async function buildFunction(name: string, entryPoint: string): Promise<Metafile> {
  const { code, metafile } = await bundleFunction(entryPoint);
  writeFileSync(`${dist}${name}.zip`, zipFiles({ 'index.mjs': code }));
  return metafile;
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
const metafiles = [await bundleCommandLine(`${dist}soci-index.mjs`), await bundleAction(`${dist}action.mjs`)];
for (const entryPoint of Object.values(threadEntryPoints)) {
  metafiles.push((await bundleThread(entryPoint)).metafile);
}
for (const [name, entryPoint] of Object.entries(functionEntryPoints)) {
  metafiles.push(await buildFunction(name, entryPoint));
}
writeThirdPartyLicenses(metafiles);
writeChecksums(dist);
