// The label in an image's config that lists files to prefetch, written by the author of a Dockerfile
// (docs/decisions/0007-prefetch-label.md). It is untrusted input.
import { isStringList } from '../is-string-list.ts';
import { quoteText } from '../oci/quotation.ts';

export const prefetchLabel = 'soci-index-builder.prefetch-files';

/** In characters. A list of a thousand files has about 50,000. */
const maximumLabelLength = 256 * 1024;
const maximumFiles = 10_000;
/** Linux's limit. */
const maximumPathBytes = 4096;

/** Limits the list of problems, of which each names at most one file. */
const maximumProblems = 5;

export interface LabelledFiles {
  readonly files: readonly string[];
  /** Parts of the label that are ignored, and why: sentences without full stops. */
  readonly problems: readonly string[];
}

/** Parses the label's value: a JSON array of strings, or one path per line. Empty lines are ignored. */
export function parsePrefetchLabel(value: string): LabelledFiles {
  if (value.length > maximumLabelLength) {
    return nothing(`it has ${value.length} characters, more than ${maximumLabelLength}`);
  }
  const list = value.trimStart().startsWith('[') ? parseArray(value) : value.split(/\r?\n/);
  if (list === undefined) return nothing('it is not a JSON array of strings');
  const paths = list.map((path) => path.trim()).filter((path) => path !== '');
  const problems: string[] = [];
  const files = paths.slice(0, maximumFiles).filter((path) => {
    const problem = problemOf(path);
    if (problem !== undefined) problems.push(problem);
    return problem === undefined;
  });
  if (paths.length > maximumFiles)
    problems.unshift(`only the first ${maximumFiles} of its ${paths.length} files are used`);
  return { files, problems: cut(problems) };
}

function problemOf(path: string): string | undefined {
  if (Buffer.byteLength(path) > maximumPathBytes) {
    return `a path of ${Buffer.byteLength(path)} bytes is longer than ${maximumPathBytes}`;
  }
  if (path.includes('\0')) return `${quoteText(path)} has a NUL character`;
  return leadsOut(path) ? `${quoteText(path)} leads out of the image` : undefined;
}

function leadsOut(path: string): boolean {
  let depth = 0;
  for (const name of path.split('/')) {
    if (name === '..') depth--;
    else if (name !== '' && name !== '.') depth++;
    if (depth < 0) return true;
  }
  return false;
}

function parseArray(value: string): readonly string[] | undefined {
  try {
    const list: unknown = JSON.parse(value);
    return isStringList(list) ? list : undefined;
  } catch {
    return undefined;
  }
}

function cut(problems: readonly string[]): readonly string[] {
  if (problems.length <= maximumProblems) return problems;
  const more = problems.length - maximumProblems;
  return [...problems.slice(0, maximumProblems), `${more} more of its paths are ignored`];
}

function nothing(problem: string): LabelledFiles {
  return { files: [], problems: [problem] };
}
