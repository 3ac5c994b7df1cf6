import { describe, expect, test } from '@jest/globals';
import { formatSummary } from '../../lambda-src/action/job-summary.ts';
import type { IndexReport } from '../../lambda-src/cli/index-command.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';

const digest = digestOf(Buffer.from('a'));

function reportOf(layers: number, platform = 'linux/amd64'): IndexReport {
  const ztoc = { digest, size: 2048, spans: 3, files: 4 };
  return {
    image: 'localhost:5000/app:v1',
    status: 'indexed',
    version: 'V2',
    indexes: [
      {
        platform,
        digest,
        layers: Array.from({ length: layers }, () => ({ digest, status: 'indexed', ztoc })),
      },
    ],
    warnings: [],
    bytesRead: 1 << 20,
    seconds: 1.5,
  };
}

describe('job summary', () => {
  test('stays below 1 MiB and states how many layers it omits', () => {
    const summary = formatSummary(reportOf(20_000), undefined);
    expect(Buffer.byteLength(summary)).toBeLessThan(1 << 20);
    const rows = summary.match(/<tr><td>/g)!.length;
    expect(rows).toBeGreaterThan(4000);
    expect(summary).toContain(`<td colspan="6">${20_000 - rows} more layers`);
  });

  test('has one row per layer when all rows fit', () => {
    const summary = formatSummary(reportOf(3), `localhost:5000/app@${digest}`);
    expect(summary.match(/<tr><td>/g)).toHaveLength(3);
    expect(summary).toContain('<td>2.0 KiB</td><td>3</td><td>4</td>');
    expect(summary).not.toContain('more layers');
  });

  test('truncates long text without cutting an escape', () => {
    const summary = formatSummary(reportOf(1, '<'.repeat(10_000)), undefined);
    expect(summary).toContain(`<code>${'&#60;'.repeat(500)}`);
    expect(summary.length).toBeLessThan(5000);
  });

  test('has no table if there are no layers', () => {
    expect(formatSummary({ ...reportOf(0), indexes: [] }, undefined)).not.toContain('<table>');
  });
});
