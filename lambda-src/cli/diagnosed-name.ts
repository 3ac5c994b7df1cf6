// The name of an image for doctor, from the argument of a command.
import { ecrRegionOf } from '../aws/partition.ts';
import { parseReference } from '../core/oci/reference.ts';
import type { ImageName } from '../doctor/image-name.ts';

/** @param tag The tag of the only image in a layout or archive, if the argument has none. */
export function nameForDiagnosis(name: string, tag: string | undefined): ImageName {
  const reference = parseReference(name);
  const { digest } = reference;
  const rest = { ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
  if (reference.kind === 'layout') {
    return { repository: `oci:${reference.directory}`, place: 'layout', ...rest };
  }
  if (reference.kind === 'archive') {
    return { repository: `oci-archive:${reference.file}`, place: 'archive', ...rest };
  }
  const { registry, repository } = reference;
  const place = ecrRegionOf(registry) === undefined ? 'registry' : 'ecr';
  return { repository: `${registry}/${repository}`, place, ...rest };
}
