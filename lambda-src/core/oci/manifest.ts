// Parses image manifests and image indexes, and encodes them to the same bytes as Go.
// https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md and image-index.md
import { FormatError } from '../errors.ts';
import { digestOf, type Descriptor, type Digest, type Platform } from './descriptor.ts';
import { parseJson, type JsonValue } from './json-document.ts';
import { encodeJson, type Encodable } from './json-encoding.ts';
import { dropUndefined, Faults, FieldNames, Fields } from './json-fields.ts';
import { isIndexType, isManifestType, ociIndexType, ociManifestType } from './media-type.ts';
import { quoteText } from './quotation.ts';

/** Amazon ECR's limit in bytes, which is also the minimum that the distribution specification requires. */
export const maximumManifestBytes = 4 * 1024 * 1024;

/**
 * Maximum number of layers of an image or entries of an index. Runtimes support a few hundred layers; each entry costs a
 * request.
 */
const maximumEntries = 1000;

export interface ImageManifest {
  /** If absent, the type is only in the descriptor, or in the registry's Content-Type. */
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ImageIndex {
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A manifest or index to write. The digest is that of exactly these bytes. */
export interface EncodedManifest {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

const documentFields = new FieldNames(
  'schemaVersion',
  'mediaType',
  'artifactType',
  'config',
  'layers',
  'manifests',
  'fsLayers',
  'subject',
  'annotations',
);
const descriptorFields = new FieldNames(
  'mediaType',
  'digest',
  'size',
  'urls',
  'annotations',
  'data',
  'platform',
  'artifactType',
);
const platformFields = new FieldNames('architecture', 'os', 'os.version', 'os.features', 'variant');

/**
 * Parses the manifest of one image, OCI or Docker (schema 2).
 *
 * @throws FormatError that lists all faults. An index is a fault, too.
 */
export function parseManifest(bytes: Uint8Array): ImageManifest {
  const faults = new Faults();
  const fields = readDocument(bytes, faults);
  const mediaType = fields.text('mediaType');
  // A document that is both could be one image to a scanner and another to a runtime (CVE-2021-41190).
  if (fields.has('manifests') || (mediaType !== undefined && isIndexType(mediaType))) {
    faults.note('', 'expected the manifest of an image, found an index');
  }
  const config = fields.nested('config', readDescriptor);
  if (config === undefined) fields.note('config', 'is missing');
  const manifest = {
    mediaType,
    artifactType: fields.text('artifactType'),
    config: config ?? noDescriptor,
    layers: fields.elements('layers', maximumEntries, readDescriptor),
    subject: fields.nested('subject', readDescriptor),
    annotations: fields.textsByKey('annotations'),
  };
  faults.throwIfAny(`manifest ${digestOf(bytes)}`);
  return dropUndefined(manifest);
}

/**
 * Parses an OCI image index or a Docker manifest list.
 *
 * @throws FormatError that lists all faults. The manifest of one image is a fault, too.
 */
export function parseIndex(bytes: Uint8Array): ImageIndex {
  const faults = new Faults();
  const fields = readDocument(bytes, faults);
  const mediaType = fields.text('mediaType');
  if (
    fields.has('config') ||
    fields.has('layers') ||
    (mediaType !== undefined && isManifestType(mediaType))
  ) {
    faults.note('', 'expected an image index, found the manifest of an image');
  }
  const index = {
    mediaType,
    artifactType: fields.text('artifactType'),
    manifests: fields.elements('manifests', maximumEntries, readDescriptor),
    subject: fields.nested('subject', readDescriptor),
    annotations: fields.textsByKey('annotations'),
  };
  faults.throwIfAny(`image index ${digestOf(bytes)}`);
  return dropUndefined(index);
}

/**
 * Encodes the manifest like Go's struct in the OCI specification. A missing media type becomes OCI's.
 */
export function encodeManifest(manifest: ImageManifest): EncodedManifest {
  const mediaType = manifest.mediaType ?? ociManifestType;
  return encodeDocument(mediaType, {
    schemaVersion: 2,
    mediaType,
    artifactType: omitEmpty(manifest.artifactType),
    config: formatDescriptor(manifest.config),
    layers: manifest.layers.map(formatDescriptor),
    subject: manifest.subject && formatDescriptor(manifest.subject),
    annotations: formatAnnotations(manifest.annotations),
  });
}

/** Encodes the index like Go's struct in the OCI specification. A missing media type becomes OCI's. */
export function encodeIndex(index: ImageIndex): EncodedManifest {
  const mediaType = index.mediaType ?? ociIndexType;
  return encodeDocument(mediaType, {
    schemaVersion: 2,
    mediaType,
    artifactType: omitEmpty(index.artifactType),
    manifests: index.manifests.map(formatDescriptor),
    subject: index.subject && formatDescriptor(index.subject),
    annotations: formatAnnotations(index.annotations),
  });
}

/**
 * The platform fields that an index entry and an image config have in common. An empty string counts as absent.
 */
export function readPlatform(value: JsonValue, path: string, faults: Faults): Platform {
  const fields = Fields.of(value, platformFields, path, faults);
  return dropUndefined({
    architecture: fields.text('architecture') ?? '',
    os: fields.text('os') ?? '',
    'os.version': fields.text('os.version'),
    'os.features': fields.texts('os.features'),
    variant: fields.text('variant'),
  });
}

function readDocument(bytes: Uint8Array, faults: Faults): Fields {
  if (bytes.length > maximumManifestBytes) {
    throw new FormatError(
      'manifest',
      `${bytes.length} bytes exceed the limit of ${maximumManifestBytes} for a manifest`,
    );
  }
  const fields = Fields.of(parseJson(bytes), documentFields, '', faults);
  // Docker's schema 1 manifests have a different structure. Registries no longer accept them.
  if (fields.has('fsLayers')) faults.note('', 'Docker manifests of schema 1 are not supported');
  else fields.requireNumber('schemaVersion', 2);
  return fields;
}

const noDescriptor: Descriptor = { mediaType: '', digest: 'sha256:', size: 0 };

function readDescriptor(value: JsonValue, path: string, faults: Faults): Descriptor {
  const fields = Fields.of(value, descriptorFields, path, faults);
  return dropUndefined({
    mediaType: fields.requiredText('mediaType'),
    digest: fields.requiredDigest('digest'),
    size: fields.requiredCount('size'),
    urls: fields.texts('urls'),
    annotations: fields.textsByKey('annotations'),
    data: readBase64(fields, 'data'),
    platform: fields.nested('platform', readPlatform),
    artifactType: fields.text('artifactType'),
  });
}

const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Normalizes base64 like Go, which decodes and encodes it: line breaks are removed, and unused bits become zero. */
function readBase64(fields: Fields, name: string): string | undefined {
  const text = fields.text(name)?.replace(/[\r\n]/g, '');
  if (text === undefined || text === '') return undefined;
  if (!base64Pattern.test(text)) fields.note(name, `expected base64, got ${quoteText(text)}`);
  return Buffer.from(text, 'base64').toString('base64');
}

function encodeDocument(mediaType: string, document: Encodable): EncodedManifest {
  const bytes = encodeJson(document);
  return { mediaType, digest: digestOf(bytes), bytes };
}

function formatDescriptor(descriptor: Descriptor): Encodable {
  return {
    mediaType: descriptor.mediaType,
    digest: descriptor.digest,
    size: descriptor.size,
    urls: omitEmpty(descriptor.urls),
    annotations: formatAnnotations(descriptor.annotations),
    data: omitEmpty(descriptor.data),
    platform: descriptor.platform && formatPlatformFields(descriptor.platform),
    artifactType: omitEmpty(descriptor.artifactType),
  };
}

function formatPlatformFields(platform: Platform): Encodable {
  return {
    architecture: platform.architecture,
    os: platform.os,
    'os.version': omitEmpty(platform['os.version']),
    'os.features': omitEmpty(platform['os.features']),
    variant: omitEmpty(platform.variant),
  };
}

function formatAnnotations(annotations: Readonly<Record<string, string>> = {}): Encodable | undefined {
  const members = Object.entries(annotations);
  return members.length === 0 ? undefined : new Map(members);
}

function omitEmpty<T extends { readonly length: number }>(value: T | undefined): T | undefined {
  return value?.length === 0 ? undefined : value;
}
