/** The sum of the amounts of all items. */
export function sumOf<Item>(items: readonly Item[], amountOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + amountOf(item), 0);
}

/** The sum of the `size` of all items. */
export function sumSizes(items: readonly { readonly size: number }[]): number {
  return sumOf(items, ({ size }) => size);
}
