import { describe, expect, test } from '@jest/globals';
import { LayerProgress } from '../../lambda-src/terminal/layer-progress.ts';
import { LiveLines } from '../../lambda-src/terminal/live-lines.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { Terminal } from '../helpers/terminal.ts';

const mebibyte = 1024 * 1024;

function layerOf(name: string, size: number) {
  return {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: digestOf(Buffer.from(name)),
    size,
  };
}

const big = layerOf('big', 40 * mebibyte);
const small = layerOf('small', 10 * mebibyte);

function start(environment: NodeJS.ProcessEnv = {}) {
  const terminal = new Terminal(104);
  const clock = { now: 0 };
  const live = new LiveLines(terminal, environment, () => clock.now);
  return { terminal, clock, progress: new LayerProgress((words: string) => words, live) };
}

describe('on a terminal', () => {
  test('shows a bar for each layer in progress and for the total, and a line for each finished layer', () => {
    const { terminal, clock, progress } = start();
    progress.onStart([big, small]);
    progress.onBytes(big, 1);
    clock.now = 2000;
    progress.onBytes(small, 5 * mebibyte);
    clock.now = 4000;
    progress.onBytes(big, 10 * mebibyte - 1);
    expect(terminal.screen).toEqual([
      'reading 2 layers, 50.0 MiB',
      `${big.digest.slice(0, 19)}  ████████░░░░░░░░░░░░░░░░░░░░░░   25 %  10.0 MiB of 40.0 MiB      2.5 MiB/s`,
      `${small.digest.slice(0, 19)}  ███████████████░░░░░░░░░░░░░░░   50 %  5.0 MiB of 10.0 MiB       2.5 MiB/s`,
      '0 of 2 layers        ██████░░░░░░░░░░░░░░░   30 %  15.0 MiB of 50.0 MiB      3.8 MiB/s  10 seconds left',
    ]);

    clock.now = 5000;
    progress.onBytes(small, 5 * mebibyte);
    progress.onLayerDone(small, 'zTOC of 1.0 MiB');
    expect(terminal.screen).toEqual([
      'reading 2 layers, 50.0 MiB',
      `${small.digest.slice(0, 19)}  10.0 MiB  zTOC of 1.0 MiB`,
      `${big.digest.slice(0, 19)}  ████████░░░░░░░░░░░░░░░░░░░░░░   25 %  10.0 MiB of 40.0 MiB      2.0 MiB/s`,
      '1 of 2 layers        █████████░░░░░░░░░░░░░   40 %  20.0 MiB of 50.0 MiB      4.0 MiB/s  8 seconds left',
    ]);
    progress.finish();
    expect(terminal.screen).toHaveLength(2);
  });

  test('shows the remaining time after three seconds', () => {
    const { terminal, clock, progress } = start();
    progress.onStart([big, small]);
    clock.now = 2999;
    progress.onBytes(big, 6 * mebibyte);
    expect(terminal.screen.at(-1)).toMatch(/ 2\.0 MiB\/s$/);
    clock.now = 4000;
    progress.onBytes(big, 4 * mebibyte);
    expect(terminal.screen.at(-1)).toMatch(/ 2\.5 MiB\/s {2}16 seconds left$/);
  });

  test('counts a layer that is not read as done, but not in the rate', () => {
    const { terminal, clock, progress } = start();
    progress.onStart([big, small]);
    clock.now = 1000;
    progress.onLayerDone(big, 'not read');
    clock.now = 2000;
    progress.onBytes(small, 2 * mebibyte);
    expect(terminal.screen.at(-1)).toMatch(
      /^1 of 2 layers .* 84 % {2}42\.0 MiB of 50\.0 MiB {6}1\.0 MiB\/s$/,
    );
  });

  test('adds later layers to the total', () => {
    const { terminal, clock, progress } = start();
    progress.onStart([big]);
    progress.onBytes(big, big.size);
    progress.onLayerDone(big, 'proved');
    clock.now = 1500;
    progress.onStart([small]);
    clock.now = 2500;
    progress.onBytes(small, 5 * mebibyte);
    // 45 MiB since the first layer started.
    expect(terminal.screen.at(-1)).toMatch(
      /^1 of 2 layers .* 90 % {2}45\.0 MiB of 50\.0 MiB {6}18\.0 MiB\/s$/,
    );
  });

  test('counts single bytes and the time since the first layers', () => {
    const [first, second, third] = [layerOf('a', 10), layerOf('b', 10), layerOf('c', 80)];
    const { terminal, clock, progress } = start();
    clock.now = 50_000;
    progress.onStart([first, second]);
    clock.now = 51_000;
    progress.onStart([third]);
    progress.onBytes(first, 10);
    progress.onLayerDone(first, 'done');
    progress.onLayerDone(second, 'not read');
    clock.now = 52_000;
    progress.onBytes(third, 4);
    // 14 bytes were read in two seconds.
    expect(terminal.screen.slice(-2)).toEqual([
      `${third.digest.slice(0, 19)}  ██░░░░░░░░░░░░░░░░░░░░░░░░░░░░    5 %  4 B of 80 B`,
      '2 of 3 layers        ███████░░░░░░░░░░░░░░░░░░░░░░░   24 %  24 B of 100 B             7 B/s',
    ]);
  });

  test.each([
    ['after exactly three seconds', 3000, 1000, 4000, / 3 bytes|9 seconds left$/],
    ['of one second', 4000, 4000, 5000, / 1 second left$/],
    ['of many hours', 3000, 3000, 3_600_003_000, / 1000\.0 hours left$/],
    ['unless it is shorter than one second', 4000, 4001, 5000, /\/s$/],
    ['even if a single byte was read', 5000, 1, 3, / 10 seconds left$/],
  ])('shows the remaining time %s', (_, milliseconds, readBytes, totalBytes, ending) => {
    const { terminal, clock, progress } = start();
    clock.now = 1000;
    const layer = layerOf('a', totalBytes - 1);
    progress.onStart([layer, layerOf('b', 1)]);
    clock.now += milliseconds;
    progress.onBytes(layer, readBytes);
    expect(terminal.screen.at(-1)).toMatch(ending);
  });

  test('shows no remaining time before anything was read', () => {
    const { terminal, clock, progress } = start();
    progress.onStart([big, small]);
    clock.now = 10_000;
    progress.onBytes(big, 0);
    expect(terminal.screen.at(-1)).toMatch(/ 0 B of 50\.0 MiB {10,}0 B\/s$/);
  });

  test('shows no total for a single layer', () => {
    const { terminal, progress } = start();
    progress.onStart([big]);
    progress.onBytes(big, mebibyte);
    expect(terminal.screen).toHaveLength(2);
  });
});

test('in CI prints a line for each finished layer, and no bars', () => {
  const { terminal, clock, progress } = start({ CI: 'true' });
  progress.onStart([big, small]);
  for (; clock.now < 100_000; clock.now += 1000) progress.onBytes(big, 1000);
  progress.onLayerDone(big, 'zTOC of 1.0 MiB');
  progress.finish();
  expect(terminal.writes.join('')).toBe(
    `reading 2 layers, 50.0 MiB\n${big.digest.slice(0, 19)}  40.0 MiB  zTOC of 1.0 MiB\n`,
  );
});
