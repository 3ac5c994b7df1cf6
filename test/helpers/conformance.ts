// Where the cases of the reference lie: ours, and the folder that SOCI_CONFORMANCE_DIR names.
import { join } from 'node:path';

const fixtures = join(__dirname, '..', 'fixtures');
const furtherFolder = process.env['SOCI_CONFORMANCE_DIR'];

/** A name for the test's title, and the folder. */
export const conformanceFolders: readonly (readonly [string, string])[] = [
  ['test/fixtures', fixtures],
  ...(furtherFolder === undefined ? [] : [['SOCI_CONFORMANCE_DIR', furtherFolder] as const]),
];
