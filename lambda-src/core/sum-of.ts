/** The sum of an amount of each item. */
export function sumOf<Item>(items: readonly Item[], amountOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + amountOf(item), 0);
}

/** The sum of their `size`. */
export function sumSizes(items: readonly { readonly size: number }[]): number {
  return sumOf(items, ({ size }) => size);
}
