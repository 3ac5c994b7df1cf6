// The content of one repository.
import { isObject } from '../core/is-object.ts';
import type { ServedContent } from './reply.ts';

interface HeldManifest {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly document: ManifestDocument;
}

/** The fields of a manifest or index that matter to a registry. */
export interface ManifestDocument {
  readonly mediaType?: string | undefined;
  readonly artifactType?: string | undefined;
  readonly config?: Reference | undefined;
  readonly layers: readonly Reference[];
  readonly manifests: readonly Reference[];
  readonly subject?: Reference | undefined;
  readonly annotations?: unknown;
}

interface Reference {
  readonly mediaType: string;
  readonly digest: string;
}

/** An upload in progress. */
export interface UploadSession {
  readonly id: string;
  readonly pieces: Uint8Array[];
  size: number;
}

export class Repository {
  readonly blobs = new Map<string, ServedContent>();
  readonly manifests = new Map<string, HeldManifest>();
  /** Tags with their digests. */
  readonly tags = new Map<string, string>();
  readonly uploads = new Map<string, UploadSession>();

  /** The digest of a tag or digest, if such a manifest exists. */
  find(reference: string): string | undefined {
    const digest = this.tags.get(reference) ?? reference;
    return this.manifests.has(digest) ? digest : undefined;
  }
}

/** @returns undefined if the bytes are not a manifest. */
export function parseManifestDocument(bytes: Uint8Array): ManifestDocument | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (!isObject(json) || json['schemaVersion'] !== 2) return undefined;
  return {
    mediaType: textOf(json['mediaType']),
    artifactType: textOf(json['artifactType']),
    config: referenceOf(json['config']),
    layers: referencesOf(json['layers']),
    manifests: referencesOf(json['manifests']),
    subject: referenceOf(json['subject']),
    annotations: json['annotations'],
  };
}

function referencesOf(json: unknown): Reference[] {
  const list: unknown[] = Array.isArray(json) ? json : [];
  return list.map(referenceOf).filter((reference) => reference !== undefined);
}

function referenceOf(json: unknown): Reference | undefined {
  if (!isObject(json)) return undefined;
  const { mediaType, digest } = json;
  return typeof digest === 'string' ? { mediaType: textOf(mediaType) ?? '', digest } : undefined;
}

function textOf(json: unknown): string | undefined {
  return typeof json === 'string' && json !== '' ? json : undefined;
}
