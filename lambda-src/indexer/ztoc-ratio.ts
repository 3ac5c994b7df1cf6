// A limit on a zTOC relative to its layer. A layer of zeros, or of very many empty files, compresses so well that its zTOC
// is many times larger. By pushing a few kilobytes, anyone could fill the repository, and a runtime would fetch more than
// the whole layer.
import { type ContentSkipReason, explain, type Explained } from '../core/reasons.ts';

/** A zTOC up to this size is never too large: 64 MiB. */
const unlimitedZtocBytes = 64 * 1024 * 1024;

/**
 * The module's default, as a multiple of the layer's compressed size. A typical zTOC has about a hundredth of the layer's
 * size.
 */
export const defaultMaximumZtocRatio = 16;

/**
 * Why a zTOC is too large for its layer; undefined if it is not.
 *
 * @param maximumRatio Maximum zTOC bytes per compressed layer byte; 0: no limit.
 */
export function findExcess(
  ztocBytes: number,
  layerBytes: number,
  maximumRatio: number,
): Explained<ContentSkipReason> | undefined {
  if (maximumRatio === 0 || ztocBytes <= unlimitedZtocBytes || ztocBytes <= maximumRatio * layerBytes) {
    return undefined;
  }
  return explain(
    'ztoc-too-large',
    `${ztocBytes} bytes, more than ${maximumRatio} times the layer's ${layerBytes}`,
  );
}
