// The results of doctor and verify.
import type { Diagnosis } from '../../doctor/diagnosis.ts';
import type { Finding, Severity } from '../../doctor/finding.ts';
import type { Runtime } from '../../doctor/runtime.ts';
import { runtimeNames, severityTitles, verdictWords } from '../../doctor/words.ts';
import { formatCount, formatSeconds } from '../../core/quantities.ts';
import type { LayerProof, Proof } from '../proof.ts';
import {
  bytesElement,
  type Child,
  digestElement,
  element,
  outsideText,
  section,
  tableElement,
} from './elements.ts';

const runtimes = Object.keys(runtimeNames) as Runtime[];
const severities = Object.keys(severityTitles) as Severity[];

/** Whether each runtime would lazy-load the image. */
export function verdictsElement({ lazy }: Diagnosis): HTMLElement {
  const chips = runtimes.flatMap((runtime) => {
    const verdict = lazy[runtime];
    if (verdict === undefined) return [];
    const words = `${runtimeNames[runtime]}: ${verdictWords[verdict]}`;
    return [element('li', { class: `verdict ${verdict}` }, words)];
  });
  return element('ul', { class: 'verdicts', 'aria-label': 'Lazy loading by runtime' }, ...chips);
}

export function diagnosisSection({ findings }: Diagnosis): HTMLElement {
  const parts = severities.flatMap((severity) => {
    const some = findings.filter((finding) => finding.severity === severity);
    if (some.length === 0) return [];
    const list = element('ul', { class: 'findings' }, ...some.map(findingElement));
    return [section(3, severityTitles[severity], list)];
  });
  return section(
    2,
    'Diagnosis',
    ...(parts.length > 0 ? parts : [element('p', {}, 'There are no findings.')]),
  );
}

function findingElement({ code, severity, platform, message, advice }: Finding): HTMLElement {
  return element(
    'li',
    { class: severity },
    element('p', {}, element('code', {}, code), platform === undefined ? '' : ` (${platform})`),
    element('p', {}, outsideText(message)),
    element('p', { class: 'cure' }, outsideText(advice)),
  );
}

export function proofSection(proof: Proof): HTMLElement {
  const { status, message, problems, indexes, bytesRead, seconds } = proof;
  return section(
    2,
    'Verification',
    element(
      'p',
      {},
      `The SOCI indexes are ${status}`,
      message === undefined ? '. ' : ': ',
      message && outsideText(message),
    ),
    element(
      'p',
      { class: 'quiet' },
      bytesElement(bytesRead),
      ` of layers read in ${formatSeconds(seconds)}.`,
    ),
    listOf(problems),
    ...indexes.map(({ platform, status: state, problems: found, layers }) =>
      section(
        3,
        `${platform}: ${state}`,
        listOf(found),
        layers.length === 0
          ? undefined
          : tableElement(`Verification of ${platform}`, ['Layer', 'Status', 'Details'], layers.map(proofRow)),
      ),
    ),
  );
}

function proofRow({ digest, status, message, spans, files, problems }: LayerProof): readonly Child[] {
  const counted =
    spans === undefined || files === undefined
      ? ''
      : `${formatCount(spans, 'span')}, ${formatCount(files, 'file')}`;
  const words = problems.length > 0 ? listOf(problems) : outsideText(message ?? counted);
  return [digestElement(digest), status, words];
}

function listOf(sentences: readonly string[]): Child {
  if (sentences.length === 0) return undefined;
  return element('ul', {}, ...sentences.map((sentence) => element('li', {}, outsideText(sentence))));
}
