// The folders with the reference's cases: ours, and the one that SOCI_CONFORMANCE_DIR names.
import { join } from 'node:path';

const fixtures = join(__dirname, '..', 'fixtures');
const furtherFolder = process.env['SOCI_CONFORMANCE_DIR'];

/** A name for test titles, and the folder. */
export const conformanceFolders: readonly (readonly [string, string])[] = [
  ['test/fixtures', fixtures],
  ...(furtherFolder === undefined ? [] : [['SOCI_CONFORMANCE_DIR', furtherFolder] as const]),
];
