// Texts of a diagnosis for people, on the terminal and in the HTML report. The report's script runs in a browser, so this
// file must not import anything else.
import type { Severity } from './finding.ts';
import type { Runtime } from './runtime.ts';
import type { Verdict } from './verdict.ts';

export const runtimeNames: Readonly<Record<Runtime, string>> = {
  fargate: 'Fargate',
  eks: 'EKS',
  snapshotter: 'SOCI snapshotter',
};

export const verdictWords: Readonly<Record<Verdict, string>> = {
  yes: 'loads it lazily',
  no: 'does not load it lazily',
  depends: 'it depends',
};

/** A heading for the findings of each severity, worst first. */
export const severityTitles: Readonly<Record<Severity, string>> = {
  problem: 'Problems that prevent lazy loading',
  advice: 'Possible improvements',
  info: 'Good to know',
};
