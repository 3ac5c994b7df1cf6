// The config of an image, with its labels and its platform. For a single manifest, the platform is only in the config.
// https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md
import { FormatError } from '../errors.ts';
import { digestOf, type Platform } from './descriptor.ts';
import { JsonObject, type JsonValue, parseJson } from './json-document.ts';
import { Faults } from './json-fields.ts';
import { readPlatform } from './manifest.ts';
import { normalizePlatform } from './platform.ts';

/** Limit in bytes, because a config is read into memory. Usual ones have some kilobytes. */
export const maximumConfigBytes = 4 * 1024 * 1024;

/**
 * The normalised platform of an image, from its config. The architecture is empty if the config has none, as `crane append`
 * without a base writes it.
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
 * @throws FormatError if the bytes are not JSON, or the label is not a string.
 */
export function parseConfigLabel(bytes: Uint8Array, name: string): string | undefined {
  const value = ['config', 'Labels', name].reduce<JsonValue | undefined>(memberOf, parseConfig(bytes));
  if (typeof value === 'string' || value === undefined) return value;
  throw new FormatError('manifest', `image config ${digestOf(bytes)}: the label ${name} is not a string`);
}

/** Of several members with the same name, the last one counts, as in Go. */
function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (!(value instanceof JsonObject)) return undefined;
  return value.members.findLast(([key]) => key === name)?.[1];
}

/** The working directory, `/` by default. @throws FormatError if the bytes are not JSON. */
export function parseWorkingDirectory(bytes: Uint8Array): string {
  const value = ['config', 'WorkingDir'].reduce<JsonValue | undefined>(memberOf, parseConfig(bytes));
  return typeof value === 'string' && value !== '' ? value : '/';
}

function parseConfig(bytes: Uint8Array): JsonValue {
  if (bytes.length > maximumConfigBytes) {
    throw new FormatError(
      'manifest',
      `${bytes.length} bytes exceed the limit of ${maximumConfigBytes} for an image's config`,
    );
  }
  return parseJson(bytes);
}
