import { describe, expect, test } from '@jest/globals';
import { LiveLines, type LineStream } from '../../lambda-src/terminal/live-lines.ts';
import { Terminal } from '../helpers/terminal.ts';

/** Live lines on a terminal, with their clock. */
function start(terminal: Terminal, environment: NodeJS.ProcessEnv = { TERM: 'xterm' }) {
  const clock = { now: 0 };
  const live = new LiveLines(terminal, environment, () => clock.now);
  const draw = (...lines: string[]) => {
    clock.now += 1000;
    live.draw(() => lines);
  };
  return { live, clock, draw };
}

describe('on a terminal', () => {
  test('replaces the previous lines, however many there were', () => {
    const terminal = new Terminal(40);
    const { draw } = start(terminal);
    terminal.write('$ soci-index\n');
    draw('first', 'a longer line', 'third');
    expect(terminal.screen).toEqual(['$ soci-index', 'first', 'a longer line', 'third']);
    draw('one');
    expect(terminal.screen).toEqual(['$ soci-index', 'one']);
    draw('1', '2', '3', '4');
    expect(terminal.screen).toEqual(['$ soci-index', '1', '2', '3', '4']);
  });

  test('prints a message above the lines, which can be redrawn at once', () => {
    const terminal = new Terminal(40);
    const { live, draw } = start(terminal);
    draw('bar 1', 'bar 2');
    live.say('layer done');
    expect(terminal.screen).toEqual(['layer done']);
    live.draw(() => ['bar 2']);
    expect(terminal.screen).toEqual(['layer done', 'bar 2']);
  });

  test('removes all lines, and later output starts where they started', () => {
    const terminal = new Terminal(40);
    const { live, draw } = start(terminal);
    draw('bar 1', 'bar 2');
    // The terminal's echo of Ctrl-C.
    terminal.write('^C');
    live.clear();
    expect(terminal.screen).toEqual([]);
    live.clear();
    terminal.write('soci-index: interrupted\n');
    expect(terminal.screen).toEqual(['soci-index: interrupted']);
  });

  test('draws at most ten times a second', () => {
    const terminal = new Terminal(40);
    const { live, clock } = start(terminal);
    let made = 0;
    for (let millisecond = 0; millisecond <= 1000; millisecond++) {
      clock.now = millisecond;
      live.draw(() => [`${++made}`]);
    }
    // At 0, 100, 200 ms, and so on.
    expect(made).toBe(11);
    expect(terminal.screen).toEqual(['11']);
  });

  test('cuts a long line one column before the last', () => {
    const terminal = new Terminal(10);
    const { draw } = start(terminal);
    draw('123456789', '1234567890');
    expect(terminal.screen).toEqual(['123456789', '12345678…']);
  });

  test('removes exactly the wrapped rows after the terminal has been made narrower', () => {
    const terminal = new Terminal(20);
    const { draw } = start(terminal);
    terminal.write('before\n');
    draw('1234567890123', 'short');
    expect(terminal.screen).toEqual(['before', '1234567890123', 'short']);
    // A resized terminal rewraps its text, as if the same bytes had been written at the new width.
    const narrow = new Terminal(8);
    narrow.write(terminal.writes.join(''));
    expect(narrow.screen).toEqual(['before', '12345678', '90123', 'short']);
    terminal.columns = 8;
    terminal.writes.length = 0;
    draw('new');
    narrow.write(terminal.writes.join(''));
    expect(narrow.screen).toEqual(['before', 'new']);
  });

  test('omits the top lines if a terminal has too few rows', () => {
    const terminal = new Terminal(20, 3);
    const { draw } = start(terminal);
    draw('1', '2', 'total');
    expect(terminal.screen).toEqual(['2', 'total']);
  });

  test('shows one line of one column on the smallest terminal', () => {
    const terminal = new Terminal(1, 1);
    const { live } = start(terminal);
    let width = 0;
    live.draw((columns) => {
      width = columns;
      return ['1', '2'];
    });
    expect(width).toBe(1);
    expect(terminal.writes.join('')).not.toContain('1\u001b');
    expect(terminal.screen).toEqual(['2']);
  });

  test('shows 23 lines if the terminal does not report its height', () => {
    const terminal = new Terminal(40, 0);
    const lines = Array.from({ length: 30 }, (_, line) => `${line}`);
    start(terminal).draw(...lines);
    expect(terminal.screen).toEqual(lines.slice(7));
  });

  test('removes a single line before a message', () => {
    const terminal = new Terminal(40);
    const { live, draw } = start(terminal);
    draw('bar');
    live.say('layer done');
    expect(terminal.screen).toEqual(['layer done']);
  });

  test('uses at most 79 columns if the terminal does not report its width', () => {
    const terminal = new Terminal(0);
    const { live } = start(terminal);
    let width = 0;
    live.draw((columns) => {
      width = columns;
      return [];
    });
    expect(width).toBe(79);
  });
});

describe('drawing only on an interactive terminal', () => {
  const terminal = new Terminal(80);
  const pipe = { write: (text: string) => terminal.write(text) };
  test.each<readonly [string, LineStream, NodeJS.ProcessEnv, boolean]>([
    ['to a pipe', pipe, { TERM: 'xterm' }, false],
    ['to a terminal without cursor movement', terminal, { TERM: 'dumb' }, false],
    ['to a terminal in CI', terminal, { TERM: 'xterm', CI: 'true' }, false],
    ['with CI=1', terminal, { CI: '1' }, false],
    ['with CI=false', terminal, { CI: 'false' }, true],
    ['with CI=0', terminal, { CI: '0' }, true],
    ['to a terminal with an empty CI variable', terminal, { CI: '' }, true],
    ['to a terminal', terminal, { NO_COLOR: '1' }, true],
  ])('%s', (_, stream, environment, isLive) => {
    terminal.writes.length = 0;
    const live = new LiveLines(stream, environment, () => 0);
    expect(live.isLive).toBe(isLive);
    live.draw(() => ['bar']);
    live.say('layer done');
    live.clear();
    const written = terminal.writes.join('');
    if (isLive) expect(written).toContain('bar');
    else expect(written).toBe('layer done\n');
  });
});

test('never prints colors', () => {
  const terminal = new Terminal(40);
  const { live, draw } = start(terminal);
  draw('one', 'two');
  live.say('three');
  live.clear();

  expect(terminal.writes.join('')).not.toMatch(/\u001b\[[\d;]*m/);
});
