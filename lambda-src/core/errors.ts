// Errors that callers may distinguish with `instanceof`. Each has details for diagnosis. Its type indicates whether a retry can
// help: not for the invalid formats, contents and settings below.
import type { FailureReason } from './reasons.ts';

/** An error with a reason code, which reports show beside its message. */
export abstract class ReasonedError extends Error {
  abstract readonly reason: FailureReason;
}

/** The bytes of a layer, tar, zTOC, manifest or archive violate their format. */
export class FormatError extends ReasonedError {
  override readonly name = 'FormatError';

  /**
   * @param format What was being read.
   * @param problem The second half of a sentence: `block type 3 is reserved`.
   * @param offset Byte offset in the stream of that format (tar: the uncompressed stream).
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

/** Content does not match its descriptor: its digest or size differs. */
export class ContentMismatchError extends ReasonedError {
  override readonly name = 'ContentMismatchError';

  /** @param reason `manifest-invalid` if the content is a manifest. */
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
