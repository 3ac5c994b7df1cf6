// A table in plain text, for people.

/** Control characters in a name would move the cursor, or worse. */
const controlCharacters = /[\p{Cc}\u2028\u2029]/gu;

/** Columns as wide as they need; below, how many of `total` rows are not shown. */
export function printTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  total: number = rows.length,
): string {
  const lines = [head, ...rows].map((row) => row.map((cell) => cell.replace(controlCharacters, '?')));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const printed = lines.map((line) =>
    `  ${line.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd(),
  );
  if (total > rows.length) printed.push(`  … and ${total - rows.length} more (--json shows all)`);
  return printed.join('\n');
}
