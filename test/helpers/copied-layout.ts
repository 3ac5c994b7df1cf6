// Copies a fixture's OCI layout to a writable folder.
import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';

export interface CopiedLayout {
  readonly store: LayoutStore;
  /** Digest of the only image in the layout. */
  readonly source: Digest;
}

export async function copyLayout(fixture: string, layout: string): Promise<CopiedLayout> {
  cpSync(fixture, layout, { recursive: true });
  // cpSync copies permissions, so the copy of a read-only folder is read-only.
  for (const copied of [layout, join(layout, 'blobs', 'sha256')]) chmodSync(copied, 0o755);
  const store = new LayoutStore(layout);
  const [image] = await store.listImages();
  return { store, source: image!.descriptor.digest };
}
