// Whether a runtime would lazy-load the image, derived from the findings.
import type { Finding, FindingCode } from './finding.ts';
import type { Runtime } from './runtime.ts';

/**
 * `depends`: on the platform, or on something that a registry does not show (the account's age, a node's settings).
 */
export type Verdict = 'yes' | 'no' | 'depends';

/** Problems that do not exist in some accounts or on some nodes. */
const conditionalCodes: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'v1-needs-older-account',
  'v1-off-by-default',
]);

/** @param platforms Those that the runtime could lazy-load. */
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
