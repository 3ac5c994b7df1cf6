// A table in plain text, for people.
import { hideUnprintable } from '../core/printable-text.ts';
import { cutToWidth, displayWidth, padToWidth } from './terminal-text.ts';

const indent = '  ';
const gap = '  ';

/** As much of a digest or a path as tells anything. */
const narrowestColumn = 12;

/** Below each other, the digits of these have the same worth. */
const quantity = /^[\d,.]+(?: (?:[KMGT]i)?B| %)?$/;

/**
 * Columns as wide as they need, and numbers at their right; below, how many of `total` rows are not shown. Where that is
 * wider than the screen, long cells are cut; if even that does not help, each row becomes a paragraph.
 *
 * @param screenColumns By default those of standard output: no bound where it is not a terminal and COLUMNS is not set.
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

/** The widths with the widest columns narrowed until they fit; undefined where they cannot. */
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
    return filled.length > 0 && filled.every((cell) => quantity.test(cell)) ? 'left' : 'right';
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
