// Decides which layers an index leaves out, because lazy loading would show different files than unpacking
// (docs/fidelity.md). Each layer was judged alone when it was read. Here, the layers of a platform are judged together:
// first everything that depends on the layers below, then the image as it would appear without the broken layers.
import type { ContentReader } from '../content/content-store.ts';
import { joinSentences, type LayerFidelity, summarize } from '../core/fidelity/own-judgement.ts';
import {
  judgeStack,
  type LayerContent,
  type LayerJudgement,
  type StackJudgement,
  type StackLayer,
} from '../core/fidelity/stack-judgement.ts';
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';
import { layerFormatOf } from '../core/oci/media-type.ts';
import type { LayerChoice } from '../core/soci/layer-selection.ts';
import { flatbufferMaximumBytes } from '../core/ztoc/ztoc.ts';
import { type HeldZtocs, readEntriesOfLayer, readEntriesOfZtoc } from './layer-entries.ts';

/** A layer of an image. */
export interface ImageLayer {
  readonly layer: Descriptor;
  /** For a layer that the index would contain: its zTOC, and the judgement of the layer alone. */
  readonly indexed?: {
    readonly ztoc: { readonly digest: Digest; readonly size: number };
    readonly fidelity: LayerFidelity;
  };
  /** Whether its content was refused. Perhaps no runtime can unpack such a layer. */
  readonly isRefused: boolean;
}

/** The judgement of an image's layers. */
export interface ImageFidelity {
  /** Layers that the index must not contain, with sentences about the differences. */
  readonly leftOut: ReadonlyMap<Digest, string>;
  /** Indexed layers of which only metadata would differ. */
  readonly metadata: ReadonlyMap<Digest, string>;
  /** What would differ even without the layers in `leftOut`. If set, the index must contain no layer. */
  readonly remaining?: string;
}

type Judgement = Extract<StackJudgement, { readonly kind: 'judged' }>;

const nothingDiffers: ImageFidelity = { leftOut: new Map(), metadata: new Map() };

/** Entries of a manifest's layer list that are not layers. */
const besideLayers: readonly (string | undefined)[] = ['not-a-layer', 'prefetch-artifact'];

/** Whether the entry is part of the image's file system. */
export function isPartOfImage(choice: LayerChoice): boolean {
  return choice.kind === 'index' || !besideLayers.includes(choice.reason);
}

/** Judges images that may share layers: the entries of each layer are read at most once. */
export class ImageJudge {
  readonly #store: ContentReader;
  readonly #held: HeldZtocs;
  readonly #maximumLayerBytes: number;
  readonly #signal: AbortSignal | undefined;
  readonly #contents = new Map<Digest, Promise<LayerContent>>();
  /** Bytes of layers that were read because a layer above depends on them. */
  bytesRead = 0;

  /**
   * @param held zTOCs in memory.
   * @param maximumLayerBytes Maximum size of one layer's entries, as a zTOC stores them.
   */
  constructor(
    store: ContentReader,
    held: HeldZtocs,
    maximumLayerBytes: number = flatbufferMaximumBytes,
    signal?: AbortSignal,
  ) {
    this.#store = store;
    this.#held = held;
    this.#maximumLayerBytes = maximumLayerBytes;
    this.#signal = signal;
  }

  /**
   * @param layers Bottom first.
   * @throws ContentMismatchError if a layer that must be read does not match its descriptor; any error from the store.
   */
  async judge(layers: readonly ImageLayer[]): Promise<ImageFidelity> {
    if (!layers.some(needsJudgement)) return nothingDiffers;
    const contents: LayerContent[] = [];
    for (const [place, layer] of layers.entries()) {
      if (layer.indexed?.fidelity.own.kind === 'not-unpackable') contents.push({ kind: 'not-unpackable' });
      else contents.push(needsJudgement(layer, place) ? await this.#read(layer) : { kind: 'unread' });
    }
    let judgement = await this.#judgeReading(layers, contents);
    // If no runtime can unpack a layer, the image is unusable either way; this matters only if something would be left out.
    const unread = layers.flatMap(({ isRefused }, place) => (isRefused ? [place] : []));
    if (breaks(judgement) && unread.length > 0) {
      for (const place of unread) contents[place] = await this.#read(layers[place]!);
      judgement = await this.#judgeReading(layers, contents);
    }
    return describe(layers, judgement);
  }

  async #judgeReading(layers: readonly ImageLayer[], contents: LayerContent[]): Promise<Judgement> {
    for (;;) {
      const judgement = judgeStack(layers.map((layer, place) => toStackLayer(layer, contents[place]!)));
      if (judgement.kind === 'judged') return judgement;
      for (const place of judgement.layers) contents[place] = await this.#read(layers[place]!);
    }
  }

  #read({ layer, indexed }: ImageLayer): Promise<LayerContent> {
    let content = this.#contents.get(layer.digest);
    if (content === undefined) {
      const onBytes = (bytes: number) => {
        this.bytesRead += bytes;
      };
      // Encrypted, or compressed in a format that is not supported here.
      if (layerFormatOf(layer.mediaType) === 'unsupported') return Promise.resolve({ kind: 'unreadable' });
      content =
        indexed === undefined
          ? readEntriesOfLayer(this.#store, layer, this.#maximumLayerBytes, onBytes, this.#signal)
          : readEntriesOfZtoc(this.#store, indexed.ztoc, this.#held, this.#signal);
      this.#contents.set(layer.digest, content);
    }
    return content;
  }
}

/** Whether the layer may differ, because of its content or because of its position. */
function needsJudgement({ indexed }: ImageLayer, place: number): boolean {
  if (indexed === undefined) return false;
  const { own, hasWhiteouts, dependsOnLowers } = indexed.fidelity;
  return own.kind !== 'faithful' || (place === 0 ? hasWhiteouts : dependsOnLowers);
}

function toStackLayer({ indexed }: ImageLayer, content: LayerContent): StackLayer {
  const own = indexed?.fidelity.own.kind;
  const known = own === 'breaks' || own === 'metadata' ? { known: own } : {};
  return { content, isIndexed: indexed !== undefined, ...known };
}

function breaks({ layers, remaining }: Judgement): boolean {
  return remaining.length > 0 || layers.some(({ kind }) => kind === 'breaks');
}

function describe(layers: readonly ImageLayer[], judgement: Judgement): ImageFidelity {
  const [remaining] = judgement.remaining;
  const leftOut = new Map<Digest, string>();
  const metadata = new Map<Digest, string>();
  for (const [place, { layer, indexed }] of layers.entries()) {
    if (indexed === undefined) continue;
    const found = describeLayer(indexed.fidelity, judgement.layers[place]!, place === 0);
    if (found?.kind === 'breaks') leftOut.set(layer.digest, found.sentences);
    else if (found?.kind === 'metadata') metadata.set(layer.digest, found.sentences);
  }
  return { leftOut, metadata, ...(remaining !== undefined && { remaining: remaining.sentence }) };
}

function describeLayer(
  { own, hasWhiteouts }: LayerFidelity,
  judgement: LayerJudgement,
  isBottom: boolean,
): { readonly kind: 'breaks' | 'metadata'; readonly sentences: string } | undefined {
  if (judgement.kind === 'not-judged') return undefined;
  if (own.kind === 'breaks') return { kind: 'breaks', sentences: joinSentences(own) };
  if (judgement.kind === 'breaks' || judgement.kind === 'metadata') {
    const { kind, differences } = judgement;
    return { kind, sentences: joinSentences(summarize(differences, kind)) };
  }
  // Upper layers may hide what the bottom layer's whiteouts leave behind, so only the whole image shows whether anything
  // differs.
  if (isBottom && hasWhiteouts) return undefined;
  return own.kind === 'metadata' ? { kind: 'metadata', sentences: joinSentences(own) } : undefined;
}
