import { describe, expect, test } from '@jest/globals';
import { LiveLines, type LineStream } from '../../lambda-src/terminal/live-lines.ts';
import { Terminal } from '../helpers/terminal.ts';

/** Live lines on a terminal, and the clock that they go by. */
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
  test('lines are drawn in place of those before, however many they were', () => {
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

  test('what is said stays above the lines, which come back at once', () => {
    const terminal = new Terminal(40);
    const { live, draw } = start(terminal);
    draw('bar 1', 'bar 2');
    live.say('layer done');
    expect(terminal.screen).toEqual(['layer done']);
    live.draw(() => ['bar 2']);
    expect(terminal.screen).toEqual(['layer done', 'bar 2']);
  });

  test('nothing is left when the lines are taken away, and what follows begins where they began', () => {
    const terminal = new Terminal(40);
    const { live, draw } = start(terminal);
    draw('bar 1', 'bar 2');
    // As the terminal shows Ctrl-C.
    terminal.write('^C');
    live.clear();
    expect(terminal.screen).toEqual([]);
    live.clear();
    terminal.write('soci-index: interrupted\n');
    expect(terminal.screen).toEqual(['soci-index: interrupted']);
  });

  test('they are drawn at most ten times a second', () => {
    const terminal = new Terminal(40);
    const { live, clock } = start(terminal);
    let made = 0;
    for (let millisecond = 0; millisecond <= 1000; millisecond++) {
      clock.now = millisecond;
      live.draw(() => [`${++made}`]);
    }
    // At 0, 100, 200 …
    expect(made).toBe(11);
    expect(terminal.screen).toEqual(['11']);
  });

  test('a long line is cut, one column before the last', () => {
    const terminal = new Terminal(10);
    const { draw } = start(terminal);
    draw('123456789', '1234567890');
    expect(terminal.screen).toEqual(['123456789', '12345678…']);
  });

  test('a terminal made narrower has wrapped the lines: all their rows go, and no more', () => {
    const terminal = new Terminal(20);
    const { draw } = start(terminal);
    terminal.write('before\n');
    draw('1234567890123', 'short');
    expect(terminal.screen).toEqual(['before', '1234567890123', 'short']);
    // It wraps by itself what was there: the same bytes on a terminal of that width.
    const narrow = new Terminal(8);
    narrow.write(terminal.writes.join(''));
    expect(narrow.screen).toEqual(['before', '12345678', '90123', 'short']);
    terminal.columns = 8;
    terminal.writes.length = 0;
    draw('new');
    narrow.write(terminal.writes.join(''));
    expect(narrow.screen).toEqual(['before', 'new']);
  });

  test('lines that a low terminal has no room for are left out from the top', () => {
    const terminal = new Terminal(20, 3);
    const { draw } = start(terminal);
    draw('1', '2', 'total');
    expect(terminal.screen).toEqual(['2', 'total']);
  });

  test('lines are 79 columns at most where the terminal does not say its width', () => {
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

describe('where nobody watches', () => {
  const terminal = new Terminal(80);
  const pipe = { write: (text: string) => terminal.write(text) };
  test.each<readonly [string, LineStream, NodeJS.ProcessEnv, boolean]>([
    ['a pipe', pipe, { TERM: 'xterm' }, false],
    ['a terminal that cannot move its cursor', terminal, { TERM: 'dumb' }, false],
    ['CI with a terminal', terminal, { TERM: 'xterm', CI: 'true' }, false],
    ['CI=1', terminal, { CI: '1' }, false],
    ['CI=false', terminal, { CI: 'false' }, true],
    ['CI=0', terminal, { CI: '0' }, true],
    ['an empty CI', terminal, { CI: '' }, true],
    ['a terminal', terminal, { NO_COLOR: '1' }, true],
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

test('no colour is ever written', () => {
  const terminal = new Terminal(40);
  const { live, draw } = start(terminal);
  draw('one', 'two');
  live.say('three');
  live.clear();

  expect(terminal.writes.join('')).not.toMatch(/\u001b\[[\d;]*m/);
});
