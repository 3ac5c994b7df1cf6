// The page's script: renders the data that the page contains.
import { formatCount, formatShare } from '../../core/quantities.ts';
import type { ReportData, ShownPlatformEstimate } from '../report-data.ts';
import {
  bytesElement,
  type Child,
  countElement,
  digestElement,
  element,
  factsElement,
  outsideText,
  section,
  tableElement,
} from './elements.ts';
import { diagnosisSection, proofSection, verdictsElement } from './findings.ts';
import { barElement, imageBlock, layersTable, type ShownPlatform, shownPlatforms } from './layers.ts';
import { spansElement } from './spans.ts';
import { treemapElement } from './treemap.ts';

const data = JSON.parse(document.getElementById('data')!.textContent) as ReportData;
const { image, diagnosis, proof, contents, programVersion } = data;

document.title = `SOCI report: ${image.image}`;
document.body.append(
  element(
    'header',
    {},
    element('p', { class: 'quiet' }, 'SOCI report'),
    element('h1', {}, outsideText(image.image)),
    element('p', { class: 'quiet' }, element('code', {}, image.digest)),
    verdictsElement(diagnosis),
  ),
  element(
    'main',
    {},
    ...shownPlatforms(data).map(platformSection),
    diagnosisSection(diagnosis),
    proof && proofSection(proof),
    largestFilesSection(),
  ),
  element('footer', {}, element('p', { class: 'quiet' }, `Written by soci-index ${programVersion}.`)),
);

function platformSection(platform: ShownPlatform): HTMLElement {
  const { diagnosis: diagnosed, index, estimate: start } = platform;
  const spans = spansElement(platform);
  return section(
    2,
    platform.platform,
    factsElement([
      ['Image', bytesElement(diagnosed.bytes), ` in ${formatCount(platform.layers.length, 'layer')}`],
      [
        'Loads lazily',
        bytesElement(diagnosed.lazyBytes),
        ' ',
        shareElement(diagnosed.lazyBytes, diagnosed.bytes),
      ],
      index
        ? ['SOCI index', `${index.version}, `, countElement(index.layers.length), ' zTOCs']
        : ['SOCI index', 'none'],
      ...(start ? startFacts(start) : []),
    ]),
    barElement(platform),
    start && notesElement(start),
    section(3, 'What fills the image', treemapElement(imageBlock(platform, contents))),
    spans && section(3, 'Spans', spans),
    section(3, 'Layers', layersTable(platform)),
    start && missingElement(start),
  );
}

function startFacts(start: ShownPlatformEstimate): readonly (readonly [string, ...Child[]])[] {
  return [
    ['Fetched before the start', bytesElement(start.wholeBytes + start.ztocBytes)],
    ['Fetched by the start', bytesElement(start.fetchedBytes)],
    ['Requests', countElement(start.requests), ` for ${formatCount(start.files, 'file')}`],
    [
      'Never fetched',
      bytesElement(start.neverFetchedBytes),
      ' ',
      shareElement(start.neverFetchedBytes, start.imageBytes),
    ],
  ];
}

function shareElement(part: number, whole: number): HTMLElement {
  return element('span', { class: 'share' }, formatShare(part, whole));
}

/** Notes about files that are not counted, or that may be counted wrongly. */
function notesElement({ outside, unresolvedCount, mayBeHidden }: ShownPlatformEstimate): Child {
  const notes = [
    outside > 0 ? `${formatCount(outside, 'file')} in /proc, /sys or /dev, outside the image` : '',
    unresolvedCount > 0 ? `${formatCount(unresolvedCount, 'relative name')} in an unknown directory` : '',
    mayBeHidden > 0
      ? `${formatCount(mayBeHidden, 'file')} may be hidden by a layer above that has no zTOC`
      : '',
  ].filter((note) => note !== '');
  if (notes.length === 0) return undefined;
  return element('ul', { class: 'quiet' }, ...notes.map((note) => element('li', {}, note)));
}

/** Files of the start that are in no zTOC. */
function missingElement({ missing, missingCount, layers }: ShownPlatformEstimate): Child {
  if (missing.length === 0) return undefined;
  const where = layers.every(({ spans }) => spans !== undefined)
    ? 'These files are not in the image.'
    : 'These files are in no zTOC. They are not in the image, or they are in a layer that is downloaded whole.';
  const rest = missingCount - missing.length;
  return section(
    3,
    'Files not found',
    element('p', {}, where),
    element('ul', {}, ...missing.map((path) => element('li', {}, element('code', {}, outsideText(path))))),
    rest > 0 ? element('p', {}, 'And ', countElement(rest), ' more.') : undefined,
  );
}

function largestFilesSection(): Child {
  const { largestFiles } = image;
  if (largestFiles.length === 0) return undefined;
  const rows = largestFiles.map(({ name, size, layer }): readonly Child[] => [
    outsideText(name),
    bytesElement(size),
    digestElement(layer),
  ]);
  return section(
    2,
    'Largest files',
    tableElement('The largest files of all layers', ['Name', 'Size', 'Layer'], rows),
  );
}
