// The job summary: what was built for an image, as a table of its platforms and layers. Text from an image or a registry is
// always in <code>, and cannot become HTML, Markdown or a mention.
import type { IndexReport } from '../cli/index-command.ts';
import { formatBytes, formatSeconds } from '../core/quantities.ts';
import { hideUnprintable } from '../core/printable-text.ts';

/** GitHub discards a summary of more than 1 MiB entirely. */
const maximumSummaryBytes = 1_000_000;

/** @param reference What to deploy, if anything. */
export function formatSummary(report: IndexReport, reference: string | undefined): string {
  const message = report.message === undefined ? [] : [`${code(report.message)}<br>`];
  const head = [
    `<h3>SOCI index: ${code(report.status)}</h3>`,
    '<p>',
    ...message,
    `Image ${code(report.image)}<br>`,
    ...(reference === undefined ? [] : [`Deploy ${code(reference)}<br>`]),
    `${formatBytes(report.bytesRead)} of layers read in ${formatSeconds(report.seconds)}`,
    '</p>',
    '',
  ];
  const rows = report.indexes.flatMap(({ platform, layers }) =>
    layers.map((layer) => {
      const ztoc =
        layer.status === 'skipped'
          ? ['', '', '']
          : [formatBytes(layer.ztoc.size), String(layer.ztoc.spans), String(layer.ztoc.files)];
      const why = layer.status === 'skipped' ? `: ${code(layer.message)}` : '';
      const cells = [code(platform), code(layer.digest), `${layer.status}${why}`, ...ztoc];
      return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
    }),
  );
  const lines = [...head];
  if (rows.length > 0) {
    const columns = ['Platform', 'Layer', 'Status', 'zTOC', 'Spans', 'Files'];
    lines.push('<table>', `<tr>${columns.map((name) => `<th>${name}</th>`).join('')}</tr>`);
    lines.push(...fitRows(rows, maximumSummaryBytes - Buffer.byteLength(lines.join('\n'))));
    lines.push('</table>', '');
  }
  return `${lines.join('\n')}\n`;
}

/** As many rows as fit, and the number of rows left out. */
function fitRows(rows: readonly string[], roomBytes: number): readonly string[] {
  const reserveBytes = 1000;
  let usedBytes = reserveBytes;
  const fitting = rows.findIndex((row) => (usedBytes += Buffer.byteLength(row) + 1) > roomBytes);
  if (fitting < 0) return rows;
  const left = `<tr><td colspan="6">${rows.length - fitting} more layers: see the output json</td></tr>`;
  return [...rows.slice(0, fitting), left];
}

const maximumTextCharacters = 500;

function code(text: string): string {
  const short = text.length > maximumTextCharacters ? `${text.slice(0, maximumTextCharacters)}…` : text;
  const escaped = hideUnprintable(short).replace(
    /[^\w ./:@+,()-]/g,
    (character) => `&#${character.codePointAt(0)};`,
  );
  return `<code>${escaped}</code>`;
}
