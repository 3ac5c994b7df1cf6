// An interactive treemap, usable with a mouse, a keyboard and a screen reader: openable blocks are buttons, and the table
// below has the same information.
import { hierarchy, type HierarchyRectangularNode, treemap } from 'd3-hierarchy';
import { formatBytes, formatCount, formatShare } from '../../core/quantities.ts';
import { type Block, contentBytesOf } from './blocks.ts';
import { bytesElement, type Child, countElement, element, outsideText, tableElement } from './elements.ts';

type Tile = HierarchyRectangularNode<Area>;

/** In pixels: smaller blocks appear in the table only. */
const narrowestTile = 3;
const narrowestLabel = 44;
const lowestLabel = 18;
const labelHeight = 20;
const hues = 6;
const drawnLevels = 4;

export function treemapElement(image: Block): HTMLElement {
  const crumbs = element('ol');
  const map = element('div', { class: 'treemap' });
  const status = element('p', { class: 'quiet', role: 'status' });
  const details = element('details', {}, element('summary', {}, 'Show as a table'));
  let way: readonly Block[] = [image];

  const open = (next: readonly Block[]) => {
    way = next;
    draw();
    // The button that had the focus was removed.
    crumbs.querySelector<HTMLElement>('[aria-current]')?.focus();
  };

  const draw = () => {
    const block = way.at(-1)!;
    crumbs.replaceChildren(
      ...way.map((one, place) =>
        crumbElement(one, place === way.length - 1, () => {
          open(way.slice(0, place + 1));
        }),
      ),
    );
    status.textContent = describe(block);
    details.replaceChildren(details.firstElementChild!, contentsTable(block));
    drawTiles(map, block, (child) => {
      open([...way, child]);
    });
  };

  const figure = element(
    'figure',
    { class: 'contents' },
    element('nav', { 'aria-label': 'Location in the image' }, crumbs),
    map,
    status,
    details,
  );
  figure.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape' && way.length > 1) open(way.slice(0, -1));
  });
  // Draws when the width is first known, and whenever it changes.
  let width = 0;
  new ResizeObserver(() => {
    if (map.clientWidth === width) return;
    width = map.clientWidth;
    draw();
  }).observe(map);
  return figure;
}

function crumbElement({ name }: Block, isCurrent: boolean, onOpen: () => void): HTMLElement {
  if (isCurrent) {
    return element(
      'li',
      {},
      element('span', { 'aria-current': 'location', tabindex: '-1' }, outsideText(name)),
    );
  }
  const button = element('button', { type: 'button' }, outsideText(name));
  button.addEventListener('click', onOpen);
  return element('li', {}, button);
}

function describe(block: Block): string {
  const { kind, files, children = [] } = block;
  const bytes = contentBytesOf(block);
  if (bytes === 0) return 'It contains no data.';
  return kind === 'image'
    ? `${formatBytes(bytes)} in ${formatCount(children.length, 'layer')}, as stored. A layer without a zTOC cannot be opened, because its contents are unknown.`
    : `${formatBytes(bytes)} unpacked in ${formatCount(files ?? 0, 'file')}.`;
}

/** A block with a few levels of its contents, as a preview. */
interface Area {
  readonly block: Block;
  /** Its share of the drawing area. */
  readonly weight: number;
  readonly areas: readonly Area[];
}

/**
 * The weights of a block's children add up to its own weight, even if a layer's children are measured in unpacked bytes.
 */
function areasOf(block: Block, weight: number, levels: number): readonly Area[] {
  const bytes = contentBytesOf(block);
  if (bytes === 0 || levels === 0) return [];
  return (block.children ?? []).map((child) => {
    const share = (weight * child.bytes) / bytes;
    return { block: child, weight: share, areas: areasOf(child, share, levels - 1) };
  });
}

function drawTiles(map: HTMLElement, block: Block, onOpen: (child: Block) => void): void {
  const root = hierarchy<Area>({ block, weight: 1, areas: areasOf(block, 1, drawnLevels) }, ({ areas }) => [
    ...areas,
  ]);
  root.sum(({ weight, areas }) => (areas.length === 0 ? weight : 0));
  const laid = treemap<Area>()
    .size([map.clientWidth, map.clientHeight])
    .paddingInner(2)
    .paddingTop((tile) => (tile.depth > 0 && hasRoom(tile) ? labelHeight : 1))
    .paddingRight(1)
    .paddingBottom(1)
    .paddingLeft(1)
    .round(true)(root);
  map.replaceChildren(
    ...(laid.children ?? []).flatMap((tile, place) =>
      isVisible(tile) ? [tileElement(tile, place % hues, block, onOpen)] : [],
    ),
  );
}

function isVisible({ x0, x1, y0, y1 }: Tile): boolean {
  return x1 - x0 >= narrowestTile && y1 - y0 >= narrowestTile;
}

function hasRoom({ x0, x1, y0, y1 }: Tile): boolean {
  return x1 - x0 >= narrowestLabel && y1 - y0 >= lowestLabel;
}

function tileElement(tile: Tile, hue: number, parent: Block, onOpen: (child: Block) => void): HTMLElement {
  const { block } = tile.data;
  const words = `${block.name}, ${wordsOf(block)}, ${formatShare(block.bytes, contentBytesOf(parent))}`;
  const isOpenable = block.children !== undefined && block.children.length > 0;
  const classes = `tile ${block.kind} hue-${hue}${isOpenable ? ' lazy' : ''}`;
  // A transparent button covers the drawing, so that its accessible name is one sentence, not all labels below it.
  const drawing = element('div', { 'aria-hidden': 'true' }, labelElement(tile), ...innerElements(tile));
  const cover = isOpenable
    ? element('button', { type: 'button', class: 'cover', 'aria-label': `Open ${words}` })
    : element('div', { class: 'cover', role: 'img', 'aria-label': words });
  // A tooltip, because the label may be cut off.
  cover.title = words;
  if (isOpenable) {
    cover.addEventListener('click', () => {
      onOpen(block);
    });
  }
  return position(element('div', { class: classes }, drawing, cover), tile, 0, 0);
}

function labelElement(tile: Tile): Child {
  if (!hasRoom(tile)) return undefined;
  const { name, bytes } = tile.data.block;
  return element(
    'span',
    { class: 'label' },
    outsideText(name),
    ' ',
    element('small', {}, formatBytes(bytes)),
  );
}

function innerElements({ children = [], x0, y0 }: Tile): readonly HTMLElement[] {
  return children
    .filter(isVisible)
    .map((child) =>
      position(
        element('span', { class: 'inner' }, labelElement(child), ...innerElements(child)),
        child,
        x0,
        y0,
      ),
    );
}

function position<Made extends HTMLElement>(
  made: Made,
  { x0, x1, y0, y1 }: Tile,
  left: number,
  top: number,
): Made {
  made.style.left = `${x0 - left}px`;
  made.style.top = `${y0 - top}px`;
  made.style.width = `${x1 - x0}px`;
  made.style.height = `${y1 - y0}px`;
  return made;
}

function wordsOf({ kind, bytes, files }: Block): string {
  const size = formatBytes(bytes);
  switch (kind) {
    case 'image':
    case 'layer':
      return `${size} as stored`;
    case 'directory':
      return `directory, ${size} in ${formatCount(files ?? 0, 'file')}`;
    case 'file':
      return `file, ${size}`;
    case 'rest':
      return `${size} in ${formatCount(files ?? 0, 'file')}`;
  }
}

function contentsTable(block: Block): HTMLElement {
  const { name, children = [] } = block;
  const bytes = contentBytesOf(block);
  return tableElement(
    `Contents of ${name}`,
    ['Name', 'Kind', 'Size', 'Share', 'Files'],
    children.map((child): readonly Child[] => [
      outsideText(child.name),
      child.kind === 'rest' ? 'files' : child.kind,
      bytesElement(child.bytes),
      formatShare(child.bytes, bytes),
      child.files === undefined ? undefined : countElement(child.files),
    ]),
  );
}
