// Descriptors: references to content by media type, digest and size.
// https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md
import { createHash } from 'node:crypto';

/** `sha256:` and 64 lower-case hexadecimal digits. Only parsers and `digestOf` create one. */
export type Digest = `sha256:${string}`;

export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
  readonly variant?: string;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Size of the content in bytes. */
  readonly size: number;
  /** Never used, because content is read from its own repository only. */
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** The content itself, in base64. */
  readonly data?: string;
  readonly platform?: Platform;
  readonly artifactType?: string;
}

const digestPattern = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && digestPattern.test(text);
}

export function digestOf(content: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
