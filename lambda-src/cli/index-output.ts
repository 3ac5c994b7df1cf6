// Where `index --output` writes the complete indexed image: an OCI layout directory, or a tar archive of one.
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Option } from 'commander';
import type { ImageDestination } from '../content/image-destination.ts';
import type { ImageOutput } from '../content/image-output.ts';
import { ConfigError } from '../core/errors.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import {
  type ArchiveReference,
  formatReference,
  otherReference,
  type LayoutReference,
  parseReference,
} from '../core/oci/reference.ts';
import type { OpenImage } from './open-image.ts';

export type OutputReference = LayoutReference | ArchiveReference;

export interface IndexOutput {
  /** Reads from the source, writes to the output. */
  readonly store: ImageOutput;
  /** The name of the image there, by its tag or digest. */
  readonly nameOf: (reference: { readonly tag?: string | undefined; readonly digest?: Digest }) => string;
  /**
   * Completes the output: adds a manifest with everything that it refers to, and the given SOCI indexes.
   *
   * @param referrers V1 SOCI indexes of the image.
   */
  publish(
    digest: Digest,
    tag: string | undefined,
    referrers: readonly Digest[],
    signal: AbortSignal,
  ): Promise<void>;
  /** Leaves an existing archive unchanged. Does nothing after `publish`. */
  discard(): Promise<void>;
}

export function outputOption(): Option {
  return new Option(
    '-o, --output <place>',
    'write the complete indexed image to oci:DIR[:TAG] or oci-archive:FILE[:TAG] instead',
  ).argParser(parseOutput);
}

/** @throws ConfigError for a place that is not a layout or an archive. */
function parseOutput(text: string): OutputReference {
  const reference = parseReference(text);
  if (reference.kind === 'registry' || reference.digest !== undefined) {
    throw new ConfigError([`--output ${text}: expected oci:DIR[:TAG] or oci-archive:FILE[:TAG]`]);
  }
  return reference;
}

/**
 * @param name The image's name, as given.
 * @throws ConfigError if the output is the image's own archive, or cannot be written.
 */
export async function openIndexOutput(
  output: OutputReference,
  name: string,
  image: OpenImage,
): Promise<IndexOutput> {
  const { destination, commit, discard } = await openDestination(output, name);
  const { ImageOutput } = await import('../content/image-output.ts');
  const store = new ImageOutput(image.store, destination);
  return {
    store,
    nameOf: (reference) => formatReference(otherReference(output, reference)),
    publish: async (digest, tag, referrers, signal) => {
      for (const referrer of referrers) {
        await store.pushReferrer(await store.fetchManifest(referrer, signal), signal);
      }
      const manifest = await store.fetchManifest(digest, signal);
      await store.addImage(manifest, tag, signal);
      await commit();
    },
    discard,
  };
}

interface Destination {
  readonly destination: ImageDestination;
  readonly commit: () => Promise<void>;
  readonly discard: () => Promise<void>;
}

async function openDestination(output: OutputReference, name: string): Promise<Destination> {
  if (output.kind === 'layout') {
    // Each image in a layout is complete on its own: there is nothing to publish or to roll back at the end.
    const { LayoutStore } = await import('../content/layout-store.ts');
    const nothing = () => Promise.resolve();
    return { destination: new LayoutStore(output.directory), commit: nothing, discard: nothing };
  }
  const { file } = output;
  const refuse = (problem: string) => new ConfigError([`--output ${formatReference(output)}: ${problem}`]);
  const existing = await stat(file).catch(() => undefined);
  if (existing?.isFile() === false) throw refuse('it exists and is not a regular file');
  const directory = await stat(dirname(file)).catch(() => undefined);
  if (directory?.isDirectory() !== true) throw refuse('its directory does not exist');
  const source = parseReference(name);
  if (source.kind === 'archive' && existing !== undefined) {
    const { dev, ino } = await stat(source.file);
    if (dev === existing.dev && ino === existing.ino) throw refuse('it is the archive that is read');
  }
  const { ArchiveWriter } = await import('../content/archive-writer.ts');
  const writer = await ArchiveWriter.create(file);
  return { destination: writer, commit: () => writer.commit(), discard: () => writer.discard() };
}
