// Reads many random tars with our reader and with Go's archive/tar, which the SOCI snapshotter uses: both accept the same
// archives, with the same entries. SOCI_FUZZ_INPUTS sets their number.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { FormatError } from '../../lambda-src/core/errors.ts';
import { createRandom } from '../helpers/random.ts';
import { makeRandomTar } from '../helpers/random-tars.ts';
import { readTar } from '../helpers/read-tar.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { runTool, testWith } from './registry-tools.ts';

const inputs = Number(process.env['SOCI_FUZZ_INPUTS'] ?? 100_000);
const batchInputs = 2_000;
/** Every n-th input is also read byte by byte. */
const bytewiseEvery = 7;

const folder = makeTemporaryFolder();
const oracle = join(folder, 'tar-oracle');

interface ReadArchive {
  readonly Entries: readonly unknown[];
  readonly End: number;
  readonly Error: string;
}

async function readWithGo(archives: readonly Uint8Array[]): Promise<readonly ReadArchive[]> {
  const child = spawn(oracle, { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const parts = archives.flatMap((archive) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(archive.length);
    return [length, archive];
  });
  child.stdin.end(Buffer.concat(parts));
  const pieces: Buffer[] = [];
  for await (const piece of child.stdout as AsyncIterable<Buffer>) pieces.push(piece);
  await closed;
  const lines = Buffer.concat(pieces).toString().trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as ReadArchive);
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** Undefined if the archive is rejected. */
function read(archive: Uint8Array, pieceBytes: number): Omit<ReadArchive, 'Error'> | undefined {
  try {
    const { entries, end } = readTar(archive, pieceBytes);
    return {
      Entries: Array.from(entries, (entry) => ({
        Name: base64(entry.name),
        Link: base64(entry.linkName),
        User: base64(entry.userName),
        Group: base64(entry.groupName),
        Type: entry.type,
        Time: entry.modificationTime,
        Offset: entry.uncompressedOffset,
        Size: `${entry.uncompressedSize}`,
        Mode: `${entry.mode}`,
        Uid: entry.uid,
        Gid: entry.gid,
        Major: `${entry.deviceMajor}`,
        Minor: `${entry.deviceMinor}`,
        Records: entry.paxRecords.map(({ key, value }) => [base64(key), base64(value)]),
      })),
      End: end,
    };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return undefined;
  }
}

testWith('go', 'https://go.dev/dl/')(`reads ${inputs} random tars as Go does`, async () => {
  await runTool('go', ['build', '-o', oracle, '.'], { cwd: join(__dirname, 'tar-oracle') });
  let taken = 0;
  let entries = 0;
  for (let first = 0; first < inputs; first += batchInputs) {
    const seeds = Array.from({ length: Math.min(batchInputs, inputs - first) }, (_, index) => first + index);
    const archives = seeds.map((seed) => makeRandomTar(createRandom(seed)));
    const expected = await readWithGo(archives);
    seeds.forEach((seed, index) => {
      const archive = archives[index]!;
      const { Error: refusal, ...found } = expected[index]!;
      const pieceBytes = seed % bytewiseEvery === 0 ? 1 : 1 + (seed % (archive.length + 1));
      const isTaken = refusal === '';
      const ours = { seed, ...read(archive, pieceBytes) };
      const theirs = isTaken ? { seed, ...found } : { seed };
      // The seed identifies an archive that differs. Nearly always none does, and comparing strings is faster.
      if (JSON.stringify(ours) !== JSON.stringify(theirs)) expect(ours).toEqual(theirs);
      taken += isTaken ? 1 : 0;
      entries += isTaken ? found.Entries.length : 0;
    });
  }
  // Both results occur often enough to be meaningful.
  expect(taken).toBeGreaterThan(inputs / 10);
  expect(taken).toBeLessThan((inputs * 9) / 10);
  expect(entries).toBeGreaterThan(inputs / 4);
});
