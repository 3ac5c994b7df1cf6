// Prefetch artifacts. Each lists the spans of a layer that a runtime should fetch before the container starts. Spans are chosen
// as in the reference, so that the same list of files results in the same bytes.
// https://github.com/awslabs/soci-snapshotter/blob/v0.15.0/soci/soci_index.go
import { FormatError } from '../errors.ts';
import { cleanPath, decodeName } from '../image-path.ts';
import { isObject } from '../is-object.ts';
import { type Descriptor, type Digest, digestOf } from '../oci/descriptor.ts';
import { layerDigestAnnotation, sociPrefetchType } from '../soci-names.ts';
import type { EntryCursor } from '../tar/packed-entries.ts';
import { findSpan } from '../ztoc/span-reader.ts';
import type { SpanIndex, Ztoc } from '../ztoc/ztoc.ts';

/** Spans `start` to `end` of a layer, inclusive. */
export interface SpanRun {
  readonly start: number;
  readonly end: number;
}

/** An artifact as listed in a SOCI index. */
export interface ListedPrefetch {
  /** Undefined if the index has no valid digest of the layer. */
  readonly layerDigest: Digest | undefined;
  readonly digest: Digest;
  readonly size: number;
}

/** A new artifact, and its entry in the index. */
export interface PrefetchArtifact {
  readonly listed: ListedPrefetch & { readonly layerDigest: Digest };
  readonly bytes: Uint8Array;
}

/** The only version. */
const prefetchVersion = '1.0';

/** Enough for a list of a million spans. A larger artifact is not read. */
export const maximumPrefetchBytes = 64 * 1024 * 1024;

/**
 * The spans from a file's first byte to its end. As in the reference, a file that ends where a span begins includes that
 * span, and an empty file includes the span in which its header ends.
 */
function spansOfFile(
  spans: SpanIndex,
  { uncompressedOffset, uncompressedSize }: Pick<EntryCursor, 'uncompressedOffset' | 'uncompressedSize'>,
): SpanRun {
  const end = uncompressedOffset + Number(uncompressedSize);
  return { start: findSpan({ spans }, uncompressedOffset), end: findSpan({ spans }, end) };
}

/** Sorts the ranges, and merges overlapping and adjacent ones. */
export function mergeRuns(ranges: readonly SpanRun[]): readonly SpanRun[] {
  const merged: SpanRun[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const last = merged.at(-1);
    if (last === undefined || range.start > last.end + 1) merged.push(range);
    else if (range.end > last.end) merged[merged.length - 1] = { start: last.start, end: range.end };
  }
  return merged;
}

/** The wanted files of one layer. */
export interface FoundFiles {
  /** By cleaned path: entries with exactly that name. */
  readonly exact: ReadonlyMap<string, SpanRun>;
  /** Entries with an uncleaned name, such as `./app`, that are not directories. */
  readonly uncleaned: ReadonlyMap<string, SpanRun>;
}

/** Looks up files in a layer's table of contents. Of several entries with the same name, the first one counts. */
export class PrefetchSearch {
  readonly #paths: ReadonlySet<string>;
  /** By length in bytes, which excludes most entries quickly. */
  readonly #lengths: ReadonlySet<number>;
  readonly #longest: number;

  /** @param files Paths as written by a person. Empty ones are ignored. */
  constructor(files: readonly string[]) {
    const trimmed = files.map((file) => file.trim()).filter((file) => file !== '');
    this.#paths = new Set(trimmed.map(cleanPath));
    this.#lengths = new Set(Array.from(this.#paths, (path) => Buffer.byteLength(path)));
    this.#longest = Math.max(0, ...this.#lengths);
  }

  /** The cleaned paths, in the given order. */
  get paths(): readonly string[] {
    return [...this.#paths];
  }

  findIn({ spans, contents }: Pick<Ztoc, 'spans' | 'contents'>): FoundFiles {
    const exact = new Map<string, SpanRun>();
    const uncleaned = new Map<string, SpanRun>();
    for (const cursor of contents.walk()) {
      const { name } = cursor;
      if (this.#lengths.has(name.length)) {
        const text = decodeName(name);
        if (this.#paths.has(text) && !exact.has(text)) exact.set(text, spansOfFile(spans, cursor));
      }
      if (cursor.type === 'dir' || !mayBeUncleaned(name)) continue;
      const path = cleanPath(decodeName(name));
      if (path.length <= this.#longest && this.#paths.has(path) && !uncleaned.has(path)) {
        uncleaned.set(path, spansOfFile(spans, cursor));
      }
    }
    return { exact, uncleaned };
  }
}

const slash = 0x2f;
const dot = 0x2e;

/** Whether a name has a component that cleaning drops: `/` in front, `//`, `.` or `..`. */
function mayBeUncleaned(name: Uint8Array): boolean {
  let isAtStart = true;
  for (const byte of name) {
    if (isAtStart && (byte === slash || byte === dot)) return true;
    isAtStart = byte === slash;
  }
  return false;
}

/** The result of looking up a list of files in the layers of an image. */
export interface PrefetchSpans {
  /** The spans of the files, by layer. */
  readonly ranges: ReadonlyMap<Digest, readonly SpanRun[]>;
  /** Cleaned paths that no layer has. */
  readonly missing: readonly string[];
}

/**
 * Assigns each file to the topmost layer that has an entry of exactly that name. If no layer has one, searches for uncleaned
 * names of the file, which the reference never finds.
 *
 * @param found The files of each layer with a zTOC, from the top layer down.
 */
export function assignFiles(
  paths: readonly string[],
  found: readonly (FoundFiles & { readonly layerDigest: Digest })[],
): PrefetchSpans {
  const ranges = new Map<Digest, SpanRun[]>();
  const missing: string[] = [];
  for (const path of paths) {
    const layer =
      found.find(({ exact }) => exact.has(path)) ?? found.find(({ uncleaned }) => uncleaned.has(path));
    if (layer === undefined) {
      missing.push(path);
      continue;
    }
    const range = layer.exact.get(path) ?? layer.uncleaned.get(path)!;
    const others = ranges.get(layer.layerDigest);
    if (others === undefined) ranges.set(layer.layerDigest, [range]);
    else others.push(range);
  }
  return { ranges, missing };
}

/** The artifact of a layer for these spans. @param ranges At least one. */
export function makePrefetchArtifact(layerDigest: Digest, ranges: readonly SpanRun[]): PrefetchArtifact {
  const spans = mergeRuns(ranges).map(({ start, end }) => ({ start_span: start, end_span: end }));
  const bytes = Buffer.from(JSON.stringify({ version: prefetchVersion, prefetch_spans: spans }));
  return { listed: { layerDigest, digest: digestOf(bytes), size: bytes.length }, bytes };
}

/** The artifact's descriptor in a SOCI index. */
export function prefetchDescriptorOf({ layerDigest, digest, size }: ListedPrefetch): Descriptor {
  const annotations =
    layerDigest === undefined ? {} : { annotations: { [layerDigestAnnotation]: layerDigest } };
  return { mediaType: sociPrefetchType, digest, size, ...annotations };
}

/**
 * The spans of an artifact, in its order.
 *
 * @throws FormatError if the bytes are not an artifact, or one of its ranges is invalid.
 */
export function parsePrefetchArtifact(bytes: Uint8Array): readonly SpanRun[] {
  const refuse = (problem: string) =>
    new FormatError('manifest', `prefetch artifact ${digestOf(bytes)}: ${problem}`);
  let artifact: unknown;
  try {
    artifact = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refuse('it is not JSON');
  }
  if (!isObject(artifact)) throw refuse('expected an object');
  if (artifact['version'] !== prefetchVersion) throw refuse(`expected version ${prefetchVersion}`);
  const spans = artifact['prefetch_spans'];
  if (!Array.isArray(spans)) throw refuse('prefetch_spans: expected a list');
  return spans.map((span: unknown, index) => {
    const { start_span: start, end_span: end } = isObject(span) ? span : {};
    if (!isSpanNumber(start) || !isSpanNumber(end) || start > end) {
      throw refuse(`prefetch_spans[${index}]: expected start_span and end_span, from 0, in order`);
    }
    return { start, end };
  });
}

function isSpanNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
