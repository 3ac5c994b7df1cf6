import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findingSeverities } from '../../lambda-src/doctor/finding.ts';

test('docs/doctor.md lists every code in order, with its severity, cause and remedy', () => {
  const text = readFileSync(join(__dirname, '..', '..', 'docs', 'doctor.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `([a-z0-9-]+)` \| (problem|advice|info) \| ([^|]+) \| ([^|]+) \|$/gm)];
  expect(rows.map(([, code, severity]) => [code, severity])).toEqual(Object.entries(findingSeverities));
});

test('codes are in kebab case', () => {
  expect(Object.keys(findingSeverities).filter((code) => !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(code))).toEqual(
    [],
  );
});
