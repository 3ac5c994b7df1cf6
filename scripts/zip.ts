// Zips whose bytes depend on their files alone: deflate in JavaScript, since zlib's output differs between versions, at one
// level; names sorted; one time, one mode.
import { zipSync, type ZipOptions } from 'fflate';

const unix = 3;
const regularFile = 0o100644;

const fixed: ZipOptions = {
  level: 9,
  // The earliest that a zip can say. It has no time zone, and fflate writes the local one's.
  mtime: new Date(1980, 0, 1),
  os: unix,
  attrs: regularFile << 16,
};

export function zipFiles(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const names = Object.keys(files).sort();
  return zipSync(Object.fromEntries(names.map((name) => [name, files[name]!])), fixed);
}
