// Whether a runtime would load the image lazily: what the findings come down to.
import type { Finding, FindingCode } from './finding.ts';
import type { Runtime } from './runtime.ts';

/** `depends`: on the platform, or on something that no registry tells (the account's age, a node's settings). */
export type Verdict = 'yes' | 'no' | 'depends';

/** Problems that some accounts and nodes do not have. */
const conditionalCodes: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'v1-needs-older-account',
  'v1-off-by-default',
]);

/** @param platforms Those of which the runtime could load an image lazily. */
export function decideVerdict(
  runtime: Runtime,
  platforms: readonly string[],
  findings: readonly Finding[],
): Verdict {
  const problems = findings.filter(
    ({ severity, runtimes }) => severity === 'problem' && runtimes.includes(runtime),
  );
  if (problems.some(({ platform }) => platform === undefined)) return 'no';
  const verdicts = new Set(
    platforms.map((platform) => verdictOf(problems.filter((problem) => problem.platform === platform))),
  );
  if (verdicts.size > 1) return 'depends';
  const [only = 'no'] = verdicts;
  return only;
}

function verdictOf(problems: readonly Finding[]): Verdict {
  if (problems.length === 0) return 'yes';
  return problems.every(({ code }) => conditionalCodes.has(code)) ? 'depends' : 'no';
}
