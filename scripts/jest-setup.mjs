// Before any test: compiles the decoder, and bundles the programs as the tests run them.
import { writeFileSync } from 'node:fs';
import { tsImport } from 'tsx/esm/api';

export default async function setup() {
  const {
    bundleAction,
    bundleCommandLine,
    bundleFunction,
    bundleThread,
    functionEntryPoints,
    projectFolder,
    threadEntryPoints,
  } = await tsImport('./bundles.ts', import.meta.url);
  await bundleCommandLine(`${projectFolder}build/soci-index.mjs`);
  await bundleAction(`${projectFolder}build/action.mjs`);
  for (const [name, entryPoint] of Object.entries(functionEntryPoints)) {
    const { code } = await bundleFunction(entryPoint);
    writeFileSync(`${projectFolder}build/${name}.mjs`, code);
  }
  for (const [name, entryPoint] of Object.entries(threadEntryPoints)) {
    const { code } = await bundleThread(entryPoint);
    writeFileSync(`${projectFolder}build/${name}.js`, code);
  }
}
