// Paths in an image, as people, labels and tars write them: with or without a slash in front, with `.` and `..` in between.

/** The names of a path, cleaned as Go's `filepath.Clean("/" + path)` does it: nothing leads above the root. */
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

/** The text of a name in a tar; what is not UTF-8 in it becomes U+FFFD. */
export function decodeName(name: Uint8Array): string {
  return Buffer.from(name.buffer, name.byteOffset, name.length).toString();
}
