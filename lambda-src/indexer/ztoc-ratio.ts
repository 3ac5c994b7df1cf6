// A limit on a zTOC beside its layer. A layer of zeros, or of very many empty files, compresses so well that its zTOC is many
// times larger: whoever may push a few kilobytes could fill the repository, and a runtime would fetch more than the layer.
import { type ContentSkipReason, explain, type Explained } from '../core/reasons.ts';

/** A zTOC up to this size is never too large, whatever its layer's size is: 64 MiB. */
const unlimitedZtocBytes = 64 * 1024 * 1024;

/** The module's default: times the layer's compressed size. Usual zTOCs have about a hundredth of it. */
export const defaultMaximumZtocRatio = 16;

/**
 * Why a zTOC is too large for its layer; undefined where it is not.
 *
 * @param maximumRatio The zTOC's bytes by the layer's compressed bytes; 0: no limit.
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
