// Findings about the layers of a platform, indexed or not: what can never be lazy-loaded, and whether the image is large
// enough to benefit.
import { formatBytes } from '../core/quantities.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import { quoteText } from '../core/oci/quotation.ts';
import { sumSizes } from '../core/sum-of.ts';
import type { ExaminedPlatform } from './examined-image.ts';
import { type Finding, makeFinding } from './finding.ts';
import { runtimesFor } from './runtime.ts';

/**
 * AWS recommends lazy loading for larger images (compressed bytes).
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
 */
const worthwhileImageBytes = 250 * 1024 * 1024;

/**
 * Layers that may be missing from a registry:
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#non-distributable-layers
 */
const foreignPattern = /\.(?:foreign|nondistributable)\./;

export function diagnoseLayers({ platform, layers, manifest }: ExaminedPlatform): readonly Finding[] {
  const runtimes = runtimesFor(platform);
  if (runtimes.length === 0) return [];
  const inPlatform = { platform: formatPlatform(platform), runtimes };
  const findings: Finding[] = [];
  for (const choice of layers) {
    const { mediaType, digest } = choice.layer;
    const scope = { ...inPlatform, layer: digest };
    if (choice.kind === 'skip' && choice.reason === 'zstd') {
      findings.push(
        makeFinding(
          'layer-zstd',
          `The layer ${digest} is compressed with zstd, which zTOCs do not support, so it is downloaded completely before the start.`,
          'Build with gzip: docker buildx build --output type=image,push=true,compression=gzip,force-compression=true.',
          scope,
        ),
      );
    } else if (choice.kind === 'skip' && choice.reason === 'unsupported-media-type') {
      findings.push(
        makeFinding(
          'layer-unsupported',
          `The layer ${digest} has the media type ${quoteText(mediaType)}, which is encrypted or cannot be indexed for another reason.`,
          'Build it as a plain gzip layer, if possible.',
          scope,
        ),
      );
    }
    if (foreignPattern.test(mediaType)) {
      findings.push(
        makeFinding(
          'layer-foreign',
          `The layer ${digest} has the media type ${quoteText(mediaType)}. Such layers are often stored elsewhere, and only layers in the repository are indexed.`,
          'Push the layer to the repository too, if its licence allows it.',
          scope,
        ),
      );
    }
  }
  const bytes = sumSizes(manifest.layers);
  if (bytes < worthwhileImageBytes) {
    findings.push(
      makeFinding(
        'small-image',
        `The image is ${formatBytes(bytes)} compressed; AWS recommends lazy loading for images of more than ${formatBytes(worthwhileImageBytes)}.`,
        'Measure the start time with and without the index. A small image gains little, and reads are slower until it is loaded.',
        inPlatform,
      ),
    );
  }
  return findings;
}
