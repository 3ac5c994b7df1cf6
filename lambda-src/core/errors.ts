// The errors that callers may test for with `instanceof`. Each carries its evidence and says by its type whether
// another attempt can help: none of the three formats, contents and settings below can be mended by trying again.
import type { FailureReason } from './reasons.ts';

/** An error that knows its reason, which reports show beside its message. */
export abstract class ReasonedError extends Error {
  abstract readonly reason: FailureReason;
}

/** The bytes of a layer, tar, zTOC, manifest or archive do not follow their format. */
export class FormatError extends ReasonedError {
  override readonly name = 'FormatError';

  /**
   * @param format What was being read.
   * @param problem What is wrong, as the second half of a sentence: `block type 3 is reserved`.
   * @param offset Where, as a byte offset in the stream of that format (tar: the uncompressed stream).
   */
  constructor(
    readonly format: 'gzip' | 'tar' | 'ztoc' | 'manifest' | 'archive',
    readonly problem: string,
    readonly offset?: number,
  ) {
    super(`${format}: ${problem}${offset === undefined ? '' : ` (at byte ${offset})`}`);
  }

  get reason(): FailureReason {
    switch (this.format) {
      case 'manifest':
        return 'manifest-invalid';
      case 'archive':
        return 'archive-invalid';
      case 'ztoc':
        return 'ztoc-invalid';
      case 'gzip':
      case 'tar':
        return 'layer-damaged';
    }
  }
}

/** Content is not what its descriptor says: another digest, or another size. */
export class ContentMismatchError extends ReasonedError {
  override readonly name = 'ContentMismatchError';

  /** @param reason `manifest-invalid` where the content is a manifest. */
  constructor(
    readonly digest: string,
    problem: string,
    readonly reason: Extract<FailureReason, 'layer-damaged' | 'manifest-invalid'> = 'layer-damaged',
  ) {
    super(`content ${digest}: ${problem}`);
  }
}

/** Invalid settings or command-line arguments. Lists every fault, not only the first. */
export class ConfigError extends ReasonedError {
  override readonly name = 'ConfigError';
  readonly reason = 'settings-invalid';

  constructor(readonly faults: readonly string[]) {
    super(faults.join('\n'));
  }
}
