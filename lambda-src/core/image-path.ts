// Paths in an image, as people, labels and tars write them: with or without a leading slash, with `.` and `..`.

/** The parts of a path, cleaned like Go's `filepath.Clean("/" + path)`: nothing leads above the root. */
export function namesOfPath(path: string): readonly string[] {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names;
}

/** `/app//x/../y` as `app/y`. */
export function cleanPath(path: string): string {
  return namesOfPath(path).join('/');
}

/** A name in a tar as text; invalid UTF-8 becomes U+FFFD. */
export function decodeName(name: Uint8Array): string {
  return Buffer.from(name.buffer, name.byteOffset, name.length).toString();
}
