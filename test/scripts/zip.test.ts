import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { builtProgram } from '../helpers/built-program.ts';
import { zipFiles } from '../../scripts/zip.ts';

const projectFolder = join(__dirname, '..', '..');

const text = new TextEncoder().encode('one line of a program\n'.repeat(100));
const files = { 'b.mjs': text, 'a.mjs': text.subarray(0, 30) };

describe('a zip', () => {
  test('can be unpacked into the same files', () => {
    expect(unzipSync(zipFiles(files))).toEqual(files);
  });

  // Different bytes would make Terraform consider the function changed, and deploy it again.
  test('has exactly these bytes', () => {
    expect(digestOf(zipFiles(files))).toBe(
      'sha256:f2c86f4c60ffc41f8b06a300188b8d48ada91451b65d1cf4ee5433af8ac030a8',
    );
  });

  test.each(['Asia/Tokyo', 'America/New_York'])('has the same bytes in the time zone %s', async (zone) => {
    const program = `
      const { zipFiles } = await import('./scripts/zip.ts');
      process.stdout.write(zipFiles({ 'a.mjs': new Uint8Array(100) }));`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      { cwd: projectFolder, env: { ...process.env, TZ: zone }, encoding: 'buffer' },
    );
    expect(stdout).toEqual(Buffer.from(zipFiles({ 'a.mjs': new Uint8Array(100) })));
  });

  test('does not depend on the order of its files', () => {
    expect(zipFiles({ 'a.mjs': files['a.mjs'], 'b.mjs': files['b.mjs'] })).toEqual(zipFiles(files));
  });

  test('can be read by Lambda, which runs as another user', () => {
    const zip = Buffer.from(zipFiles({ 'index.mjs': text }));
    const entry = zip.indexOf('PK\x01\x02');
    expect(zip.readUInt8(entry + 5)).toBe(3); // version made by: Unix
    expect((zip.readUInt32LE(entry + 38) >>> 16).toString(8)).toBe('100644');
  });

  test('stays below 450 KB for the filter, because Lambda loads it at each cold start', () => {
    const bundle = readFileSync(builtProgram('filter.mjs'));
    expect(zipFiles({ 'index.mjs': bundle }).length).toBeLessThan(450_000);
  });

  // Deflated entries differ completely after a change of one byte, and Git would keep each version whole.
  test('stores its files uncompressed, so that Git can find what two versions have in common', () => {
    expect(Buffer.from(zipFiles({ 'index.mjs': text })).includes(Buffer.from(text))).toBe(true);
  });
});
