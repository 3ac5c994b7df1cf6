// Writes SHA256SUMS for a folder, in the format of `sha256sum --check`. The same files result in the same bytes. Called at the end
// of scripts/build.ts.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

export const checksumsName = 'SHA256SUMS';

/**
 * Writes the checksums of all files directly in a folder.
 *
 * @param folder With a trailing slash.
 */
export function writeChecksums(folder: string): void {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== checksumsName)
    .map(({ name }) => name)
    .sort();
  const lines = names.map((name) => {
    const digest = createHash('sha256')
      .update(readFileSync(folder + name))
      .digest('hex');
    return `${digest}  ${name}\n`;
  });
  writeFileSync(folder + checksumsName, lines.join(''));
}
