// Images in memory that the real indexer has indexed, and their diagnosis.
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { type Diagnosis, diagnoseImage, type DiagnosisOptions } from '../../lambda-src/doctor/diagnosis.ts';
import type { ImageName } from '../../lambda-src/doctor/image-name.ts';
import { runtimes } from '../../lambda-src/doctor/runtime.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import type { IndexImageOptions } from '../../lambda-src/indexer/index-options.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import type { ContentStore } from '../../lambda-src/content/content-store.ts';
import type { AlteredStore } from './altered-store.ts';

export const repository = '111122223333.dkr.ecr.eu-west-1.amazonaws.com/app';

/** Indexes a tag as `soci-index index` does, but including small layers. @returns The digest to deploy, or that of the V1 index. */
export async function index(
  store: ContentStore,
  tag: string,
  options: Partial<IndexImageOptions> = {},
): Promise<Digest> {
  const outcome = await indexImage(
    store,
    { reference: tag, tag },
    {
      version: 'V2',
      missingPlatforms: 'refuse',
      minimumLayerSizeBytes: 0,
      targetTag: `${tag}-soci`,
      spanSizeBytes: 4_194_304,
      buildToolIdentifier: 'soci_index_builder v1',
      jobs: ownThread,
      ...options,
    },
  );
  if (outcome.status !== 'indexed') throw new Error(`${tag} was not indexed: ${outcome.status}`);
  return outcome.digest;
}

/** @param reference A tag or digest in a private ECR repository. */
export function diagnose(
  store: AlteredStore,
  reference: string,
  { name = {}, ...options }: Partial<DiagnosisOptions> & { readonly name?: Partial<ImageName> } = {},
): Promise<Diagnosis> {
  const asked = reference.startsWith('sha256:') ? { digest: reference as Digest } : { tag: reference };
  return diagnoseImage(
    store,
    { repository, place: 'ecr', ...asked, ...name },
    { runtimes, minimumLayerSizeBytes: 0, tagSuffix: '-soci', ...options },
  );
}
