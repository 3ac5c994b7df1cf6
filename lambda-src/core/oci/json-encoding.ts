// Writes JSON byte for byte as Go's encoding/json does. A manifest's digest is that of its bytes, and the manifests we
// must agree with are written by Go: compact, `<`, `>` and `&` escaped as for HTML, the keys of a map sorted.

/** A plain object is a struct: its fields in the order given, without those that are undefined. A Map is sorted. */
export type Encodable =
  | string
  | number
  | readonly Encodable[]
  | ReadonlyMap<string, Encodable>
  | { readonly [field: string]: Encodable | undefined };

/** The value as JSON, without a newline at the end. Numbers are integers. */
export function encodeJson(value: Encodable): Uint8Array {
  return new TextEncoder().encode(format(value));
}

function format(value: Encodable): string {
  if (typeof value === 'string') return formatString(value);
  if (typeof value === 'number') return String(value);
  if (isList(value)) return `[${value.map(format).join(',')}]`;
  const members = isMap(value) ? sortMembers(value) : Object.entries(value);
  const written = members.flatMap(([name, member]) =>
    member === undefined ? [] : [`${formatString(name)}:${format(member)}`],
  );
  return `{${written.join(',')}}`;
}

// Array.isArray and instanceof alone do not narrow to the readonly types.
function isList(value: Encodable): value is readonly Encodable[] {
  return Array.isArray(value);
}

function isMap(value: Encodable): value is ReadonlyMap<string, Encodable> {
  return value instanceof Map;
}

/** Sorted by their keys' UTF-8 bytes. Sorting UTF-16, as JavaScript does, puts U+1F600 before U+FF01. */
function sortMembers(map: ReadonlyMap<string, Encodable>): [string, Encodable][] {
  return [...map].sort(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

const escapedByGo = /[<>&\u2028\u2029]/g;

function formatString(text: string): string {
  // JSON.stringify has Go's escapes for quotes, backslashes and control characters. Half a surrogate pair is no
  // character: Go writes the replacement character in its place, as an escape.
  const parts = text.split(/\p{Surrogate}/u).map((part) => JSON.stringify(part).slice(1, -1));
  const escaped = parts
    .join('\\ufffd')
    .replace(escapedByGo, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `"${escaped}"`;
}
