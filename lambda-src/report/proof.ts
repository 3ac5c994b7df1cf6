// Parses the output of `verify --json` from a file, which is untrusted input.
import { ConfigError } from '../core/errors.ts';
import { isObject } from '../core/is-object.ts';
import { quoteText } from '../core/oci/quotation.ts';

export interface Proof {
  readonly status: string;
  readonly message?: string;
  readonly problems: readonly string[];
  readonly indexes: readonly IndexProof[];
  readonly bytesRead: number;
  readonly seconds: number;
}

export interface IndexProof {
  readonly platform: string;
  readonly digest?: string;
  readonly status: string;
  readonly problems: readonly string[];
  readonly layers: readonly LayerProof[];
}

export interface LayerProof {
  readonly digest: string;
  readonly status: string;
  readonly message?: string;
  readonly spans?: number;
  readonly files?: number;
  readonly problems: readonly string[];
}

/**
 * @param file Its name, for messages.
 * @param digest The image of the report.
 * @throws ConfigError if the text is not the output of `verify --json`, or is about another image.
 */
export function parseProof(text: string, file: string, digest: string): Proof {
  const fault = (problem: string) => new ConfigError([`--verify ${quoteText(file)}: ${problem}`]);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fault('expected the output of verify --json, found text that is not JSON');
  }
  const proof = isObject(value) ? readProof(value) : undefined;
  if (proof === undefined) throw fault('expected the output of verify --json, found other JSON');
  const verified = (value as Readonly<Record<string, unknown>>)['digest'];
  if (verified !== digest) {
    const other = typeof verified === 'string' ? quoteText(verified) : 'an image without a digest';
    throw fault(`expected the output for ${digest}, found that for ${other}`);
  }
  return proof;
}

type Fields = Readonly<Record<string, unknown>>;

function readProof(value: Fields): Proof | undefined {
  const { status, indexes, bytesRead, seconds } = value;
  if (typeof status !== 'string' || typeof bytesRead !== 'number' || typeof seconds !== 'number')
    return undefined;
  const read = readList(indexes, readIndex);
  if (read === undefined) return undefined;
  return { status, ...messageOf(value), problems: problemsOf(value), indexes: read, bytesRead, seconds };
}

function readIndex(value: Fields): IndexProof | undefined {
  const { platform, digest, status } = value;
  const layers = readList(value['layers'], readLayer);
  if (typeof platform !== 'string' || typeof status !== 'string' || layers === undefined) return undefined;
  return {
    platform,
    ...(typeof digest === 'string' && { digest }),
    status,
    problems: problemsOf(value),
    layers,
  };
}

function readLayer(value: Fields): LayerProof | undefined {
  const { digest, status, ztoc } = value;
  if (typeof digest !== 'string' || typeof status !== 'string') return undefined;
  const { spans, files } = isObject(ztoc) ? ztoc : {};
  return {
    digest,
    status,
    ...messageOf(value),
    ...(typeof spans === 'number' && { spans }),
    ...(typeof files === 'number' && { files }),
    problems: problemsOf(value),
  };
}

/** @returns undefined if it is not a list, or if an item is invalid. */
function readList<Item>(
  value: unknown,
  read: (item: Fields) => Item | undefined,
): readonly Item[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.flatMap((item: unknown) => (isObject(item) ? (read(item) ?? []) : []));
  return items.length === value.length ? items : undefined;
}

function messageOf({ message }: Fields): { readonly message?: string } {
  return typeof message === 'string' ? { message } : {};
}

function problemsOf({ problems }: Fields): readonly string[] {
  return Array.isArray(problems) ? problems.filter((problem) => typeof problem === 'string') : [];
}
