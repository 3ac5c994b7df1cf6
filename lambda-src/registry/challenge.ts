// Parses the WWW-Authenticate header: the authentication that a server requests.
// https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1

export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Sticky patterns: each matches only at the current position, so parsing takes linear time. */
const separators = /[\s,]*/y;
const parameter = /([!#$%&'*+.^_`|~\w-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~\w-]+))/y;
const scheme = /([!#$%&'*+.^_`|~\w-]+)(?:[ \t]+(?![,=])([A-Za-z0-9._~+/-]+=*)(?=[ \t]*(?:,|$)))?/y;

/** The challenges of a header, in order. Parsing stops at the first malformed one. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(header);
    if (match !== null) position = pattern.lastIndex;
    return match;
  };
  while (position < header.length) {
    take(separators);
    const current = challenges.at(-1);
    const pair = current === undefined ? null : take(parameter);
    if (current !== undefined && pair !== null) {
      const [, name = '', quoted, token] = pair;
      const value = quoted?.replace(/\\(.)/g, '$1') ?? token ?? '';
      // The first value of a parameter counts, so that a value appended later cannot override it.
      if (!current.parameters.has(name.toLowerCase())) current.parameters.set(name.toLowerCase(), value);
      continue;
    }
    const name = take(scheme)?.[1];
    if (name === undefined) break;
    challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
  }
  return challenges;
}
