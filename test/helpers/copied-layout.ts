// A fixture's OCI layout, copied to where it may be written to.
import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';

export interface CopiedLayout {
  readonly store: LayoutStore;
  /** Of the one image in it. */
  readonly source: Digest;
}

export async function copyLayout(fixture: string, layout: string): Promise<CopiedLayout> {
  cpSync(fixture, layout, { recursive: true });
  // The copy of a folder that may not be written to may not be written to either.
  for (const copied of [layout, join(layout, 'blobs', 'sha256')]) chmodSync(copied, 0o755);
  const store = new LayoutStore(layout);
  const [image] = await store.listImages();
  return { store, source: image!.descriptor.digest };
}
