// The result of a backfill: what it found, what it did, and what is left. As --json prints it, and as text for people.
import { explain, type Explained, type FailureReason, type Reason } from '../../core/reasons.ts';
import { compareText } from '../../core/oci/text-order.ts';
import { printTable } from '../../terminal/table.ts';
import { formatBytes, formatCount, formatInteger, formatSeconds } from '../../core/quantities.ts';
import type { PlannedImage } from './repository-plan.ts';

/** What `backfill --json` prints. `matched` is `alreadyIndexed` + images sent before + `invoked` + `left`. */
export interface BackfillReport {
  readonly status: 'done' | 'dry-run' | 'interrupted' | 'failed';
  /** Number of tags that match the filters. */
  readonly matched: number;
  readonly alreadyIndexed: number;
  readonly invoked: number;
  /**
   * Images still to be sent: all in a dry run, otherwise those beyond --max-images, or after an interruption or failure.
   */
  readonly left: number;
  /** Number of tags, or of untagged images, that were skipped, by reason. */
  readonly skipped: Readonly<Partial<Record<Reason, number>>>;
  /** Compressed bytes of the images that were sent (in a dry run, that would be sent), as ECR reports them. */
  readonly bytes: number;
  /** The same for each repository, largest first. */
  readonly repositories: readonly RepositoryTotal[];
  readonly failed: readonly Failure[];
  /** Path of the journal. */
  readonly state: string;
  readonly seconds: number;
}

interface RepositoryTotal {
  readonly repository: string;
  readonly images: number;
  readonly bytes: number;
}

/** The error of one image, of a repository that could not be listed, or of the whole run. */
export interface Failure extends Explained<FailureReason> {
  readonly image?: string;
  readonly repository?: string;
}

/** Number of repositories shown to people. */
const shownRepositories = 20;

export function totalByRepository(images: readonly PlannedImage[]): readonly RepositoryTotal[] {
  const totals = new Map<string, { repository: string; images: number; bytes: number }>();
  for (const { repository, bytes } of images) {
    const total = totals.get(repository) ?? { repository, images: 0, bytes: 0 };
    total.images++;
    total.bytes += bytes;
    totals.set(repository, total);
  }
  return [...totals.values()].sort((a, b) => b.bytes - a.bytes || compareText(a.repository, b.repository));
}

export function describeReport(report: BackfillReport): string {
  const { status, matched, alreadyIndexed, invoked, left, skipped, bytes, repositories, failed } = report;
  const lines = [
    status === 'dry-run'
      ? `dry run: ${formatCount(left, 'image')} would be indexed, ${formatBytes(bytes)} compressed`
      : `${status}: ${formatCount(invoked, 'image')} sent to the filter function, ${formatBytes(bytes)} compressed, in ${formatSeconds(report.seconds)}`,
    `  ${formatCount(matched, 'tag')} matched, ${formatInteger(alreadyIndexed)} already indexed`,
  ];
  if (status !== 'dry-run' && left > 0) {
    lines.push(`  ${formatCount(left, 'image')} left: run the same command again to continue`);
  }
  for (const [reason, count] of Object.entries(skipped)) {
    lines.push(`  ${formatInteger(count)} skipped (${reason}): ${explain(reason as Reason).message}`);
  }
  if (repositories.length > 0) {
    const rows = repositories
      .slice(0, shownRepositories)
      .map((total) => [total.repository, formatInteger(total.images), formatBytes(total.bytes)]);
    lines.push(printTable(['repository', 'images', 'compressed'], rows, repositories.length));
  }
  for (const { image, repository, message } of failed) {
    const what = image ?? (repository === undefined ? undefined : `repository ${repository}`);
    lines.push(`  failed${what === undefined ? '' : `: ${what}`}: ${message}`);
  }
  return `${lines.join('\n')}\n`;
}
