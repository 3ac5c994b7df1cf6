// Plain-text tables.
import { hideUnprintable } from '../core/printable-text.ts';
import { cutToWidth, displayWidth, padToWidth } from './terminal-text.ts';

const indent = '  ';
const gap = '  ';

/** Enough to recognize a digest or a path. */
const narrowestColumn = 12;

/** Numbers that are aligned right. */
const quantity = /^[\d,.]+(?: (?:[KMGT]i)?B| %)?$/;

/**
 * Formats a table. Columns are as wide as needed, and numbers are aligned right. If `total` exceeds the rows given, the last
 * line says how many are not shown. If the table is wider than the screen, long cells are cut; if that is not enough, each
 * row becomes a paragraph.
 *
 * @param screenColumns By default those of standard output; unlimited if it is not a terminal and COLUMNS is not set.
 */
export function printTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  total: number = rows.length,
  screenColumns: number = columnsOfOutput(),
): string {
  const cells = rows.map((row) => row.map(hideUnprintable));
  const natural = head.map((title, column) =>
    Math.max(displayWidth(title), ...cells.map((row) => displayWidth(row[column] ?? ''))),
  );
  const widths = narrowColumns(natural, screenColumns - indent.length - gap.length * (head.length - 1));
  const lines =
    widths === undefined ? printParagraphs(head, cells, screenColumns) : printColumns(head, cells, widths);
  if (total > rows.length) lines.push(`${indent}… and ${total - rows.length} more (--json shows all)`);
  return lines.join('\n');
}

/** Narrows the widest columns until the table fits; undefined if it cannot. */
function narrowColumns(widths: readonly number[], room: number): readonly number[] | undefined {
  const narrowed = [...widths];
  let excess = narrowed.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    const widest = Math.max(...narrowed);
    if (widest <= narrowestColumn) return undefined;
    narrowed[narrowed.indexOf(widest)] = widest - 1;
    excess--;
  }
  return narrowed;
}

function printColumns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  widths: readonly number[],
): string[] {
  const sides = head.map((_, column) => {
    const filled = rows.map((row) => row[column] ?? '').filter((cell) => cell !== '');
    return filled.every((cell) => quantity.test(cell)) ? 'left' : 'right';
  });
  return [head, ...rows].map((row) =>
    (
      indent +
      row.map((cell, at) => padToWidth(cutToWidth(cell, widths[at]!), widths[at]!, sides[at]!)).join(gap)
    ).trimEnd(),
  );
}

function printParagraphs(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  screenColumns: number,
): string[] {
  return rows.flatMap((row, index) => [
    ...(index === 0 ? [] : ['']),
    ...row.flatMap((cell, at) =>
      cell === '' ? [] : [indent + cutToWidth(`${head[at]!}: ${cell}`, screenColumns - indent.length)],
    ),
  ]);
}

function columnsOfOutput(): number {
  const wanted = Number(process.env['COLUMNS']);
  if (Number.isSafeInteger(wanted) && wanted > 0) return wanted;
  return process.stdout.isTTY ? process.stdout.columns || Infinity : Infinity;
}
