// Creates elements of the page. Text from the image is always inserted as text, never as markup.
import { escapeUnprintable } from '../../core/printable-text.ts';
import { formatBytes, formatInteger } from '../../core/quantities.ts';

export type Child = Node | string | undefined;

/** Creates an element with attributes and children. Strings become text nodes. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** Creates an SVG element. */
export function shape(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}

/**
 * A name from the image, or a sentence that quotes one: unprintable characters are escaped, and the text direction is
 * isolated.
 */
export function outsideText(name: string): HTMLElement {
  return element('bdi', {}, escapeUnprintable(name));
}

/** `4.0 MiB`, with the exact number in its `value`. */
export function bytesElement(bytes: number): HTMLElement {
  return element(
    'data',
    { value: String(bytes), title: `${formatInteger(bytes)} bytes` },
    formatBytes(bytes),
  );
}

export function countElement(count: number): HTMLElement {
  return element('data', { value: String(count) }, formatInteger(count));
}

/** The first characters of a digest, with the whole digest in its title. */
export function digestElement(digest: string): HTMLElement {
  return element('code', { title: digest }, digest.slice(7, 19));
}

/** A table that scrolls horizontally on a narrow screen. Columns of numbers are aligned right. */
export function tableElement(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Child[])[],
  foot?: readonly Child[],
): HTMLElement {
  const classOf = (isRight: boolean): Readonly<Record<string, string>> =>
    isRight ? { class: 'number' } : {};
  const rowElement = ([name, ...cells]: readonly Child[]) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
      ...cells.map((cell) => element('td', classOf(isNumber(cell)), cell)),
    );
  const headCells = head.map((title, column) => {
    const isRight = rows.some((row) => isNumber(row[column]));
    return element('th', { scope: 'col', ...classOf(isRight) }, title);
  });
  const table = element(
    'table',
    {},
    element('caption', {}, caption),
    element('thead', {}, element('tr', {}, ...headCells)),
    element('tbody', {}, ...rows.map(rowElement)),
    foot && element('tfoot', {}, rowElement(foot)),
  );
  return element('div', { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': caption }, table);
}

function isNumber(cell: Child): boolean {
  return cell instanceof HTMLElement && cell.tagName === 'DATA';
}

/** A section with its heading. */
export function section(level: 2 | 3, title: Child, ...children: readonly Child[]): HTMLElement {
  return element('section', {}, element(`h${level}`, {}, title), ...children);
}

/** Terms and descriptions, side by side. */
export function factsElement(facts: readonly (readonly [term: string, ...Child[]])[]): HTMLElement {
  return element(
    'dl',
    { class: 'facts' },
    ...facts.map(([term, ...words]) =>
      element('div', {}, element('dt', {}, term), element('dd', {}, ...words)),
    ),
  );
}

/** A legend for the colours of a drawing. */
export function legendElement(
  ...meanings: readonly (readonly [kind: string, words: string] | undefined)[]
): HTMLElement {
  const items = meanings.flatMap((meaning) => {
    if (meaning === undefined) return [];
    const [kind, words] = meaning;
    return [element('li', {}, element('span', { class: `swatch ${kind}` }), words)];
  });
  return element('ul', { class: 'key' }, ...items);
}
