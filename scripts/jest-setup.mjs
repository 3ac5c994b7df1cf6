// Before any test: compiles the decoder, and bundles the command line as the tests run it.
import { tsImport } from 'tsx/esm/api';

export default async function setup() {
  const { bundleCommandLine, projectFolder } = await tsImport('./bundles.ts', import.meta.url);
  await bundleCommandLine(`${projectFolder}build/soci-index.mjs`);
}
