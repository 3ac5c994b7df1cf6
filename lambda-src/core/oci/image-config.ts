// The config of an image. All that is wanted of it is the platform, which an image that is in no index says only there.
// https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md
import { FormatError } from '../errors.ts';
import { digestOf, type Platform } from './descriptor.ts';
import { parseJson } from './json-document.ts';
import { Faults } from './json-fields.ts';
import { readPlatform } from './manifest.ts';
import { normalizePlatform } from './platform.ts';

/** A config is read into memory whole; those that builders make are some kilobytes. In bytes. */
export const maximumConfigBytes = 4 * 1024 * 1024;

/**
 * The platform of an image, normalised, from its config's bytes. The architecture is empty if the config names none, as
 * `crane append` without a base writes it.
 *
 * @throws FormatError if the bytes are not a config.
 */
export function parseConfigPlatform(bytes: Uint8Array): Platform {
  if (bytes.length > maximumConfigBytes) {
    throw new FormatError(
      'manifest',
      `${bytes.length} bytes are more than the ${maximumConfigBytes} of an image's config`,
    );
  }
  const faults = new Faults();
  const platform = readPlatform(parseJson(bytes), '', faults);
  faults.throwIfAny(`image config ${digestOf(bytes)}`);
  return normalizePlatform(platform);
}
