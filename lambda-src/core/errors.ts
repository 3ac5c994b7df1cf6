// The errors that callers may test for with `instanceof`. Each carries its evidence and says by its type whether
// another attempt can help: none of these three can be mended by trying again.

/** The bytes of a layer, tar, zTOC or manifest do not follow their format. */
export class FormatError extends Error {
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
}

/** Content is not what its descriptor says: another digest, or another size. */
export class ContentMismatchError extends Error {
  override readonly name = 'ContentMismatchError';

  constructor(
    readonly digest: string,
    problem: string,
  ) {
    super(`content ${digest}: ${problem}`);
  }
}

/** Settings, or words on the command line, that cannot be meant. Lists every fault, not only the first. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly faults: readonly string[]) {
    super(faults.join('\n'));
  }
}
