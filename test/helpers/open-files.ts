// The files that this process holds open, on Linux; elsewhere nothing is known, and the list is empty.
import { existsSync, readdirSync, readlinkSync } from 'node:fs';

const descriptors = '/proc/self/fd';

export function openFilesIn(folder: string): readonly string[] {
  if (!existsSync(descriptors)) return [];
  return readdirSync(descriptors).flatMap((descriptor) => {
    try {
      const path = readlinkSync(`${descriptors}/${descriptor}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      // The descriptor of this very listing is closed again.
      return [];
    }
  });
}
