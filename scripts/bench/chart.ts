// Draws a horizontal bar chart as SVG, for a light or a dark page.

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Highlighted. */
  readonly ours: boolean;
}

export interface BarGroup {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

const width = 760;
const labelWidth = 250;
const valueWidth = 80;
const barHeight = 18;
const rowHeight = 26;
const titleHeight = 40;
const margin = 12;
const barSpace = width - labelWidth - valueWidth - 2 * margin;

export type ColorScheme = 'light' | 'dark';

const styles: Readonly<Record<ColorScheme, readonly string[]>> = {
  light: [
    '    .ink { fill: #1f2328; } .faint { fill: #59636e; } .title { font-weight: 600; } .end { text-anchor: end; }',
    '    .ours { fill: #0969da; } .other { fill: #afb8c1; }',
  ],
  dark: [
    '    .ink { fill: #e6edf3; } .faint { fill: #9198a1; } .title { font-weight: 600; } .end { text-anchor: end; }',
    '    .ours { fill: #4493f8; } .other { fill: #656c76; }',
  ],
};

/** Draws the groups below each other. Within a group, lengths are proportional to values. */
export function drawChart(
  title: string,
  description: string,
  groups: readonly BarGroup[],
  scheme: ColorScheme,
): string {
  const lines: string[] = [];
  let y = margin;
  for (const { title: groupTitle, unit, bars } of groups) {
    lines.push(`<text class="ink title" x="${margin}" y="${y + 22}">${escapeText(groupTitle)}</text>`);
    y += titleHeight;
    const largest = Math.max(...bars.map(({ value }) => value));
    for (const { label, value, ours } of bars) {
      const length = (value / largest) * barSpace;
      const textY = y + 14;
      lines.push(
        `<text class="ink end" x="${margin + labelWidth - 10}" y="${textY}">${escapeText(label)}</text>`,
        `<rect class="${ours ? 'ours' : 'other'}" x="${margin + labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="3"/>`,
        `<text class="faint" x="${(margin + labelWidth + length + 8).toFixed(1)}" y="${textY}">${value.toFixed(2)} ${escapeText(unit)}</text>`,
      );
      y += rowHeight;
    }
    y += margin;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" role="img" aria-labelledby="title description" font-family="system-ui, sans-serif" font-size="13">`,
    `  <title id="title">${escapeText(title)}</title>`,
    `  <desc id="description">${escapeText(description)}</desc>`,
    '  <style>',
    ...styles[scheme],
    '  </style>',
    ...lines.map((line) => `  ${line}`),
    '</svg>',
    '',
  ].join('\n');
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
