// Paths in an image, as written by people, labels and tars: with or without a leading slash, and possibly with `.` and `..`.

/** The parts of a path, cleaned like Go's `filepath.Clean("/" + path)`, so that none leads above the root. */
export function namesOfPath(path: string): readonly string[] {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names;
}

/** Cleans a path: `/app//x/../y` becomes `app/y`. */
export function cleanPath(path: string): string {
  return namesOfPath(path).join('/');
}

/** A name in a tar as text; invalid UTF-8 becomes U+FFFD. */
export function decodeName(name: Uint8Array): string {
  return Buffer.from(name.buffer, name.byteOffset, name.length).toString();
}
