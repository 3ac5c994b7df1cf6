// The config of an image. Wanted of it are the platform, which an image that is in no index has only there, and a label.
// https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md
import { FormatError } from '../errors.ts';
import { isObject } from '../is-object.ts';
import { digestOf, type Platform } from './descriptor.ts';
import { type JsonValue, parseJson } from './json-document.ts';
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
  const faults = new Faults();
  const platform = readPlatform(parseConfig(bytes), '', faults);
  faults.throwIfAny(`image config ${digestOf(bytes)}`);
  return normalizePlatform(platform);
}

/**
 * The value of a label; undefined if the image does not have it.
 *
 * @throws FormatError if the bytes are not JSON, or the label is not text.
 */
export function parseConfigLabel(bytes: Uint8Array, name: string): string | undefined {
  const imageConfig = parseConfig(bytes);
  const config = isObject(imageConfig) ? imageConfig['config'] : undefined;
  const labels = isObject(config) ? config['Labels'] : undefined;
  if (!isObject(labels) || !Object.hasOwn(labels, name)) return undefined;
  const value = labels[name];
  if (typeof value === 'string') return value;
  throw new FormatError('manifest', `image config ${digestOf(bytes)}: the label ${name} is not text`);
}

function parseConfig(bytes: Uint8Array): JsonValue {
  if (bytes.length > maximumConfigBytes) {
    throw new FormatError(
      'manifest',
      `${bytes.length} bytes are more than the ${maximumConfigBytes} of an image's config`,
    );
  }
  return parseJson(bytes);
}
