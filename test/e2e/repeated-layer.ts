// Layers of any size that need no disk and little memory: gzip members that are compressed once and repeated.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Descriptor } from '../../lambda-src/core/oci/descriptor.ts';
import type { LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { ociTypes } from '../helpers/images.ts';
import { TarWriter } from '../helpers/tar-writer.ts';

/** A gzip member, and its uncompressed data: some entries of a tar. */
export interface LayerPart {
  readonly bytes: Uint8Array;
  readonly uncompressedBytes: number;
}

export interface RepeatedLayer {
  readonly descriptor: Descriptor;
  readonly uncompressedBytes: number;
}

export function compressPart(add: (tar: TarWriter) => TarWriter): LayerPart {
  const tar = add(new TarWriter()).bytes();
  return { bytes: gzipSync(tar, { level: 6 }), uncompressedBytes: tar.length };
}

const endOfTar = compressPart((tar) => tar.end());

/**
 * Serves a layer with one small file and a repeated part.
 *
 * @param name Name of the small file: different names give different digests.
 */
export function serveRepeatedLayer(
  registry: LocalRegistry,
  repository: string,
  name: string,
  part: LayerPart,
  times: number,
): RepeatedLayer {
  const first = compressPart((tar) => tar.entry({ name: `opt/${name}` }, name));
  const parts = [first, ...Array<LayerPart>(times).fill(part), endOfTar];
  const hash = createHash('sha256');
  const starts: number[] = [];
  let size = 0;
  let uncompressedBytes = 0;
  for (const { bytes, uncompressedBytes: inflated } of parts) {
    hash.update(bytes);
    starts.push(size);
    size += bytes.length;
    uncompressedBytes += inflated;
  }
  const digest = `sha256:${hash.digest('hex')}` as const;
  registry.serveBlob(repository, digest, {
    size,
    *read(start, end) {
      const firstPart = Math.max(
        starts.findLastIndex((partStart) => partStart <= start),
        0,
      );
      for (let index = firstPart; index < parts.length && starts[index]! < end; index++) {
        const partStart = starts[index]!;
        yield parts[index]!.bytes.subarray(Math.max(0, start - partStart), end - partStart);
      }
    },
  });
  return { descriptor: { mediaType: ociTypes.gzip, digest, size }, uncompressedBytes };
}
