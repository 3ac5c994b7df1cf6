// test/fixtures/accesses contains one start, recorded by strace (with and without -y), fatrace, inotifywait and bpftrace's opensnoop.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseAccesses } from '../../lambda-src/estimate/accesses.ts';

const folder = join(__dirname, '..', 'fixtures', 'accesses');
const recorded = (name: string) =>
  parseAccesses(readFileSync(join(folder, `${name}.txt`), 'utf8'), '/srv/image');

const opened = ['/app/server.sh', '/etc/app.conf', '/app/lib/a.txt', '/app/lib/b é.txt'];

describe('a recorded start', () => {
  test('by strace -y has all absolute paths', () => {
    expect(recorded('strace-y')).toEqual({
      paths: ['/bin/sh', ...opened, '/usr/lib/link.bin', '/proc/self/status'],
      relative: [],
      failed: 1,
    });
  });

  test('by strace without -y has relative names', () => {
    expect(recorded('strace')).toEqual({
      paths: ['/bin/sh', '/app/server.sh', '/etc/app.conf', '/usr/lib/link.bin', '/proc/self/status'],
      relative: ['lib/a.txt', 'lib/b é.txt'],
      failed: 1,
    });
  });

  test('by fatrace has the targets of links', () => {
    const { paths } = recorded('fatrace');
    expect(paths.slice(0, 7)).toEqual([
      '/etc/ssl/certs/ca-certificates.crt',
      '/bin/sh',
      ...opened,
      '/usr/lib/used.bin',
    ]);
  });

  test('by inotifywait has the opened files, but no directories', () => {
    expect(recorded('inotifywait')).toEqual({
      paths: ['/bin/sh', ...opened, '/usr/lib/used.bin'],
      relative: [],
      failed: 0,
    });
  });

  test('by opensnoop omits failed accesses', () => {
    expect(recorded('opensnoop')).toEqual({
      paths: ['/app/server.sh', '/etc/app.conf', '/usr/lib/link.bin', '/proc/self/status'],
      relative: ['lib/a.txt', 'lib/b é.txt'],
      failed: 1,
    });
  });

  test('as a plain list has paths relative to the root', () => {
    expect(recorded('plain').paths).toEqual(['/bin/sh', ...opened, '/usr/lib/used.bin', '/proc/self/status']);
  });
});

describe('a line', () => {
  test.each<readonly [string, string, readonly string[]]>([
    ['from a thread', '[pid  12] openat(AT_FDCWD, "/a", O_RDONLY) = 3', ['/a']],
    ['with a time', '12 10:00:00.123456 open("/a", O_RDONLY) = 3', ['/a']],
    ['with openat2', 'openat2(AT_FDCWD, "/a", {flags=O_RDONLY}, 24) = 3', ['/a']],
    [
      'with a path below an open directory',
      'openat(5</usr/lib>, "x.so", O_RDONLY) = 6</usr/lib/x.so>',
      ['/usr/lib/x.so'],
    ],
    [
      'with the directory only in the result',
      'openat(5, "x.so", O_RDONLY) = 6</usr/lib/x.so>',
      ['/usr/lib/x.so'],
    ],
    ['with another system call', 'read(3, "/etc/passwd", 100) = 11', []],
    ['with escapes', String.raw`open("/a \"b\"\\c\303\251\x41\n", O_RDONLY) = 3`, ['/a "b"\\céA\n']],
    ['with a signal', '12 --- SIGCHLD {si_signo=SIGCHLD} ---', []],
    ['from strace itself', 'strace: Process 12 attached', []],
    ['from fatrace with a write', 'sh(1): CWO /a\nsh(1): W /b\nsh(1): <> /c', ['/a']],
    [
      'from inotifywait -c',
      '/usr/,OPEN,a\n/usr/,"OPEN,ISDIR",lib\n/usr/,CLOSE_NOWRITE,"b,c"',
      ['/usr/a', '/usr/b,c'],
    ],
    ['from inotifywait --format %w%f', '/usr/a OPEN', ['/usr/a']],
    ['from a list with an upper-case word', '/usr/a README', ['/usr/a README']],
    ['from opensnoop with a time', '10:00:00 12 node worker 18 0 /a b', ['/a b']],
    ['without a path', '\n  \n', []],
  ])('%s', (_, text, paths) => {
    expect(parseAccesses(text).paths).toEqual(paths);
  });

  test('interrupted by another thread has its result in a later line', () => {
    const text = [
      '1 openat(AT_FDCWD, "/a", O_RDONLY <unfinished ...>',
      '2 openat(AT_FDCWD, "/b", O_RDONLY <unfinished ...>',
      '2 <... openat resumed>) = -1 ENOENT (No such file or directory)',
      '1 <... openat resumed>) = 3',
    ].join('\n');
    expect(parseAccesses(text)).toEqual({ paths: ['/a'], relative: [], failed: 1 });
  });

  test('with hostile text is parsed in linear time', () => {
    const { paths } = parseAccesses(
      `${'(1): '.repeat(20_000)}\n${'a '.repeat(50_000)}\n${'OPEN '.repeat(20_000)}`,
    );
    expect(paths.length).toBeLessThan(4);
  });
});
