// test/fixtures/accesses: one start, recorded by strace (with and without -y), fatrace, inotifywait and bpftrace's opensnoop.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseAccesses } from '../../lambda-src/estimate/accesses.ts';

const folder = join(__dirname, '..', 'fixtures', 'accesses');
const recorded = (name: string) =>
  parseAccesses(readFileSync(join(folder, `${name}.txt`), 'utf8'), '/srv/image');

const opened = ['/app/server.sh', '/etc/app.conf', '/app/lib/a.txt', '/app/lib/b é.txt'];

describe('a recorded start', () => {
  test('of strace -y has every path, with its directory', () => {
    expect(recorded('strace-y')).toEqual({
      paths: ['/bin/sh', ...opened, '/usr/lib/link.bin', '/proc/self/status'],
      relative: [],
      failed: 1,
    });
  });

  test('of strace without -y has relative names', () => {
    expect(recorded('strace')).toEqual({
      paths: ['/bin/sh', '/app/server.sh', '/etc/app.conf', '/usr/lib/link.bin', '/proc/self/status'],
      relative: ['lib/a.txt', 'lib/b é.txt'],
      failed: 1,
    });
  });

  test('of fatrace has the files that links lead to', () => {
    const { paths } = recorded('fatrace');
    expect(paths.slice(0, 7)).toEqual([
      '/etc/ssl/certs/ca-certificates.crt',
      '/bin/sh',
      ...opened,
      '/usr/lib/used.bin',
    ]);
  });

  test('of inotifywait has the opened files, and no directories', () => {
    expect(recorded('inotifywait')).toEqual({
      paths: ['/bin/sh', ...opened, '/usr/lib/used.bin'],
      relative: [],
      failed: 0,
    });
  });

  test('of opensnoop drops what failed', () => {
    expect(recorded('opensnoop')).toEqual({
      paths: ['/app/server.sh', '/etc/app.conf', '/usr/lib/link.bin', '/proc/self/status'],
      relative: ['lib/a.txt', 'lib/b é.txt'],
      failed: 1,
    });
  });

  test('as plain lines is read from the root', () => {
    expect(recorded('plain').paths).toEqual(['/bin/sh', ...opened, '/usr/lib/used.bin', '/proc/self/status']);
  });
});

describe('a line', () => {
  test.each<readonly [string, string, readonly string[]]>([
    ['of a thread', '[pid  12] openat(AT_FDCWD, "/a", O_RDONLY) = 3', ['/a']],
    ['with a time', '12 10:00:00.123456 open("/a", O_RDONLY) = 3', ['/a']],
    ['of openat2', 'openat2(AT_FDCWD, "/a", {flags=O_RDONLY}, 24) = 3', ['/a']],
    [
      'below an open directory',
      'openat(5</usr/lib>, "x.so", O_RDONLY) = 6</usr/lib/x.so>',
      ['/usr/lib/x.so'],
    ],
    ['whose result has the directory', 'openat(5, "x.so", O_RDONLY) = 6</usr/lib/x.so>', ['/usr/lib/x.so']],
    ['of another call', 'read(3, "/etc/passwd", 100) = 11', []],
    ['with escapes', String.raw`open("/a \"b\"\\c\303\251\x41\n", O_RDONLY) = 3`, ['/a "b"\\céA\n']],
    ['of a signal', '12 --- SIGCHLD {si_signo=SIGCHLD} ---', []],
    ['of strace', 'strace: Process 12 attached', []],
    ['of fatrace that writes', 'sh(1): CWO /a\nsh(1): W /b\nsh(1): <> /c', ['/a']],
    [
      'of inotifywait -c',
      '/usr/,OPEN,a\n/usr/,"OPEN,ISDIR",lib\n/usr/,CLOSE_NOWRITE,"b,c"',
      ['/usr/a', '/usr/b,c'],
    ],
    ['of inotifywait --format %w%f', '/usr/a OPEN', ['/usr/a']],
    ['of a list with an upper-case word', '/usr/a README', ['/usr/a README']],
    ['with a time of opensnoop', '10:00:00 12 node worker 18 0 /a b', ['/a b']],
    ['that is empty', '\n  \n', []],
  ])('%s', (_, text, paths) => {
    expect(parseAccesses(text).paths).toEqual(paths);
  });

  test('that another thread interrupts has its result later', () => {
    const text = [
      '1 openat(AT_FDCWD, "/a", O_RDONLY <unfinished ...>',
      '2 openat(AT_FDCWD, "/b", O_RDONLY <unfinished ...>',
      '2 <... openat resumed>) = -1 ENOENT (No such file or directory)',
      '1 <... openat resumed>) = 3',
    ].join('\n');
    expect(parseAccesses(text)).toEqual({ paths: ['/a'], relative: [], failed: 1 });
  });

  test('that is hostile takes no longer than its length', () => {
    const { paths } = parseAccesses(
      `${'(1): '.repeat(20_000)}\n${'a '.repeat(50_000)}\n${'OPEN '.repeat(20_000)}`,
    );
    expect(paths.length).toBeLessThan(4);
  });
});
