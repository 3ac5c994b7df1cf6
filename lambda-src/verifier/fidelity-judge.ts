// Judges whether an image reads the same when it is lazy-loaded through its SOCI index, whoever built the index, by the
// rules that our own builder follows.
import type { ContentReader } from '../content/content-store.ts';
import { withoutWriting } from '../content/without-writing.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { explain, type Explained } from '../core/reasons.ts';
import { selectLayers } from '../core/soci/layer-selection.ts';
import { ztocMediaType } from '../core/soci-names.ts';
import { HeldZtocs } from '../indexer/layer-entries.ts';
import { ImageJudge, isPartOfImage, type ImageLayer } from '../indexer/leave-out.ts';
import type { BuiltZtoc } from '../threads/ztoc-jobs.ts';
import type { Findings } from './findings.ts';
import type { NamedIndex } from './named-indexes.ts';
import { ztocKey, type ZtocProof } from './prove-layer.ts';

export class FidelityJudge {
  readonly #proofs: ReadonlyMap<Digest, ReadonlyMap<string, ZtocProof>>;
  readonly #built: ReadonlyMap<Digest, BuiltZtoc>;
  readonly #judge: ImageJudge;
  /** Layers that should not have a zTOC. */
  readonly leftOut = new Map<Digest, Explained<'reads-differently'>>();

  /**
   * @param proofs Proofs of the layers' zTOCs.
   * @param built zTOCs of layers that could be in the index, but are not.
   */
  constructor(
    store: ContentReader,
    proofs: ReadonlyMap<Digest, ReadonlyMap<string, ZtocProof>>,
    built: ReadonlyMap<Digest, BuiltZtoc>,
    signal?: AbortSignal,
  ) {
    // Holds the zTOCs that were built for this check only.
    const withBuilt = withoutWriting(store);
    for (const { digest, bytes } of built.values()) {
      void withBuilt.pushBlob({ mediaType: ztocMediaType, digest, size: bytes.length }, bytes);
    }
    this.#proofs = proofs;
    this.#built = built;
    this.#judge = new ImageJudge(withBuilt, new HeldZtocs(), undefined, signal);
  }

  /** Bytes of layers that were read because a layer above depends on them. */
  get bytesRead(): number {
    return this.#judge.bytesRead;
  }

  /**
   * Adds differences to the findings of the index and its layers. An index with a wrong zTOC is not judged, because it is
   * already invalid.
   */
  async judge(named: NamedIndex, warnings: Findings): Promise<void> {
    if (named.index === undefined || !this.#isProved(named)) return;
    // Which layers differ does not depend on the index's choice of layers.
    const { leftOut, metadata } = await this.#judge.judge(this.#layersOf(named, true));
    for (const [digest, differences] of leftOut) {
      const proof = this.#proofOf(named, digest);
      const explained = explain('reads-differently', differences);
      if (proof === undefined) this.leftOut.set(digest, explained);
      else proof.findings.addProblem(explained.message);
    }
    for (const [digest, differences] of metadata) {
      if (this.#proofOf(named, digest) === undefined) continue;
      warnings.addWarning(`layer ${digest}: metadata would differ when it is lazy-loaded: ${differences}`);
    }
    for (const { layerDigest } of named.index.layers) {
      const proof = this.#proofOf(named, layerDigest);
      if (proof?.fidelity?.own.kind !== 'refused') continue;
      warnings.addWarning(
        `layer ${layerDigest}: a hard link refers to a target that is not in the layer, so the SOCI snapshotter refuses the zTOC and unpacks the layer itself`,
      );
    }
    const { remaining } = await this.#judge.judge(this.#layersOf(named, false));
    if (remaining !== undefined && this.#isProved(named)) {
      named.findings.addProblem(explain('reads-differently', remaining).message);
    }
  }

  #layersOf(named: NamedIndex, withUncovered: boolean): readonly ImageLayer[] {
    const choices = selectLayers(named.platform.manifest.layers, 0).filter(isPartOfImage);
    return choices.map(({ layer }): ImageLayer => {
      const { digest } = layer;
      const reference = this.#referenceOf(named, digest);
      if (reference !== undefined) {
        const fidelity = this.#proofOf(named, digest)?.fidelity;
        // The snapshotter refuses the zTOC and unpacks the layer itself.
        if (fidelity === undefined) return { layer, isRefused: false };
        return { layer, indexed: { ztoc: reference, fidelity }, isRefused: false };
      }
      const built = this.#built.get(digest);
      if (built === undefined || !withUncovered) return { layer, isRefused: false };
      const ztoc = { digest: built.digest, size: built.bytes.length };
      return { layer, indexed: { ztoc, fidelity: built.fidelity }, isRefused: false };
    });
  }

  #referenceOf(
    { index }: NamedIndex,
    layer: Digest,
  ): { readonly digest: Digest; readonly size: number } | undefined {
    return index?.layers.find(({ layerDigest }) => layerDigest === layer)?.ztoc;
  }

  #proofOf(named: NamedIndex, layer: Digest): ZtocProof | undefined {
    const reference = this.#referenceOf(named, layer);
    return reference && this.#proofs.get(layer)?.get(ztocKey(reference));
  }

  #isProved(named: NamedIndex): boolean {
    return named.index!.layers.every(
      ({ layerDigest }) => this.#proofOf(named, layerDigest)?.findings.problemCount === 0,
    );
  }
}
