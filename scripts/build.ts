// Builds everything in dist/, which is committed: CI compares what it builds with what is there.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Metafile } from 'esbuild';
import { bundleCommandLine, projectFolder } from './bundles.ts';

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
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as {
      name: string;
      version: string;
      license: string;
    };
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file));
    const words = files.sort().map((file) => readFileSync(folder + file, 'utf8').trim());
    return [`${name} ${version} (${license})`, ...words].join('\n\n');
  });
  const rule = `\n\n${'-'.repeat(80)}\n\n`;
  writeFileSync(`${dist}THIRD-PARTY-LICENSES.txt`, `${texts.join(rule)}\n`);
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
writeThirdPartyLicenses([await bundleCommandLine(`${dist}soci-index.mjs`)]);
