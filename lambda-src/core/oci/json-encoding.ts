// Writes JSON byte for byte like Go's encoding/json: compact, with `<`, `>` and `&` escaped for HTML, and with the keys of maps
// sorted. A manifest's digest depends on its bytes, and ours must equal those of manifests that Go writes.

/** A plain object is encoded like a struct: fields in the given order, without undefined ones. A Map is sorted by key. */
export type Encodable =
  | string
  | number
  | readonly Encodable[]
  | ReadonlyMap<string, Encodable>
  | { readonly [field: string]: Encodable | undefined };

/** Encodes the value without a trailing newline. Numbers must be integers. */
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

// Array.isArray and instanceof alone do not narrow to readonly types.
function isList(value: Encodable): value is readonly Encodable[] {
  return Array.isArray(value);
}

function isMap(value: Encodable): value is ReadonlyMap<string, Encodable> {
  return value instanceof Map;
}

/** Sorted by the UTF-8 bytes of their keys. JavaScript sorts by UTF-16, in which U+1F600 comes before U+FF01. */
function sortMembers(map: ReadonlyMap<string, Encodable>): [string, Encodable][] {
  return [...map].sort(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

const escapedByGo = /[<>&\u2028\u2029]/g;

function formatString(text: string): string {
  // JSON.stringify escapes quotes, backslashes and control characters like Go. For half of a surrogate pair, Go writes the
  // escaped replacement character.
  const parts = text.split(/\p{Surrogate}/u).map((part) => JSON.stringify(part).slice(1, -1));
  const escaped = parts
    .join('\\ufffd')
    .replace(escapedByGo, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `"${escaped}"`;
}
