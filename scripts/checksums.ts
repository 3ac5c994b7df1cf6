// SHA256SUMS of a folder, in the form that `sha256sum --check` reads: the same files give the same bytes, anywhere.
// scripts/build.ts calls it at its end.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

export const checksumsName = 'SHA256SUMS';

/**
 * Writes the checksums of all files that lie in a folder itself.
 *
 * @param folder With a slash at its end.
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
