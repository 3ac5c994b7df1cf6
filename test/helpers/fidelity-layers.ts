// Layers as input for the fidelity judgement: real tars, read and screened in one pass by the real reader.
import { screenEntries } from '../../lambda-src/core/fidelity/screening.ts';
import type { Screening } from '../../lambda-src/core/fidelity/screening.ts';
import { judgeStack } from '../../lambda-src/core/fidelity/stack-judgement.ts';
import type {
  LayerJudgement,
  StackJudgement,
  StackLayer,
} from '../../lambda-src/core/fidelity/stack-judgement.ts';
import type { PackedEntries } from '../../lambda-src/core/tar/packed-entries.ts';
import { TarReader } from '../../lambda-src/core/tar/tar-reader.ts';
import { TarWriter, paxRecord } from './tar-writer.ts';
import type { HeaderFields } from './tar-writer.ts';

export interface ReadLayer {
  readonly entries: PackedEntries;
  readonly screening: Screening;
}

export function readLayer(tar: Uint8Array): ReadLayer {
  const reader = new TarReader();
  try {
    reader.push(tar);
    const { entries } = reader.finish();
    return { entries, screening: screenEntries(entries) };
  } finally {
    reader.release();
  }
}

/** A screening result with which the complete judgement always runs. */
export const unscreened: Screening = { differs: true, dependsOnLowers: true, hasWhiteouts: true };

export function layerOf(layer: ReadLayer): StackLayer {
  return { content: { kind: 'entries', ...layer }, isIndexed: true };
}

/** An entry in short form: `['dir', 'tmp', { mode: 0o1777 }]`. */
export type ShortEntry = readonly [
  type: keyof typeof typeFlags,
  name: string,
  fields?: HeaderFields & { readonly data?: string; readonly pax?: Readonly<Record<string, string>> },
];

const typeFlags = { file: '0', link: '1', symlink: '2', char: '3', block: '4', dir: '5', fifo: '6' };

/** By default, mode 755 for directories and 644 for others, owner 0:0, the same time for all, and data `x` in files. */
export function tarOf(entries: readonly ShortEntry[]): Uint8Array {
  const writer = new TarWriter();
  for (const [type, name, { data, pax, ...fields } = {}] of entries) {
    const records = Object.entries(pax ?? {}).map(([key, value]) => paxRecord(key, value));
    if (records.length > 0) writer.pax(...records);
    const header = {
      mode: type === 'dir' ? 0o755 : 0o644,
      mtime: 1_700_000_000,
      type: typeFlags[type],
      name,
      ...fields,
    };
    writer.entry(header, type === 'file' ? (data ?? 'x') : '');
  }
  return writer.end().bytes();
}

/** Judges layers, from bottom to top, after screening them. */
export function judge(...layers: readonly (readonly ShortEntry[])[]): StackJudgement {
  return judgeStack(layers.map((entries) => layerOf(readLayer(tarOf(entries)))));
}

/** The kind of each layer's judgement. Throws if a layer had to be read. */
export function kindsOf(judgement: StackJudgement): readonly LayerJudgement['kind'][] {
  if (judgement.kind !== 'judged') throw new Error(`layers ${judgement.layers.join()} are needed`);
  return judgement.layers.map(({ kind }) => kind);
}

/** All sentences, the breaking differences first. */
export function sentencesOf(judgement: LayerJudgement): readonly string[] {
  if (!('differences' in judgement)) return [];
  const { differences } = judgement;
  return [...differences.kept('breaks'), ...differences.kept('metadata')].map(({ sentence }) => sentence);
}
