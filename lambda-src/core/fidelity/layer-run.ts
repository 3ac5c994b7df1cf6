// Applies the entries of one layer in order, to unpack it or to show it.
import type { EntryList } from './entry.ts';
import { EntryTimes } from './entry-facts.ts';
import { EntryPath } from './entry-path.ts';
import { RefusedZtocError, ShownLayer } from './shown-layer.ts';
import { UnpackedLayer } from './unpacked-layer.ts';
import type { ImageTables, UnpackingRules } from './unpacked-layer.ts';
import { WorkBudget } from './work-budget.ts';

/**
 * Unpacks the layer as containerd does. The layers above need only this.
 *
 * @throws UnpackError if containerd cannot unpack the layer.
 * @throws TooIntricateError if it requires more work than any real layer.
 */
export function unpackLayer(entries: EntryList, tables: ImageTables, rules: UnpackingRules): UnpackedLayer {
  const budget = new WorkBudget();
  const unpacked = new UnpackedLayer(entries, tables, rules, budget);
  const path = new EntryPath(tables.names);
  for (let index = 0; index < entries.length; index++) {
    const entry = entries.at(index);
    path.set(entry.name);
    budget.earn(path.depth);
    unpacked.apply(entry, index, path);
  }
  unpacked.finish();
  return unpacked;
}

/**
 * Shows the layer as the snapshotter does.
 *
 * @returns Undefined if the snapshotter refuses the zTOC.
 * @throws TooIntricateError if the layer has too many names.
 */
export function showLayer(
  entries: EntryList,
  tables: ImageTables,
): { readonly shown: ShownLayer; readonly times: EntryTimes } | undefined {
  const times = new EntryTimes(entries.length);
  const shown = new ShownLayer(entries.length, tables, times);
  const path = new EntryPath(tables.names);
  try {
    for (let index = 0; index < entries.length; index++) {
      const entry = entries.at(index);
      path.set(entry.name);
      times.set(index, entry);
      shown.apply(entry, index, path);
    }
    shown.finish();
  } catch (error) {
    if (error instanceof RefusedZtocError) return undefined;
    throw error;
  }
  return { shown, times };
}
