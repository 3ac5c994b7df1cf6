// The files that a program opened, from the output of strace, fatrace, inotifywait or opensnoop (bpftrace and bcc), or from
// one path per line. Each line is parsed on its own, so that a recording may be truncated, mixed, or contain other lines.

export interface Accesses {
  /** Absolute paths as opened, each once, in the order of first use. */
  readonly paths: readonly string[];
  /** Relative names without a known directory. */
  readonly relative: readonly string[];
  /** Number of failed opens, which read nothing. */
  readonly failed: number;
}

type Access = { readonly kind: 'opened'; readonly path: string } | { readonly kind: 'failed' | 'other' };

const other: Access = { kind: 'other' };

/** Parses one line: undefined if it does not have the format. */
type Reader = (line: string) => Access | undefined;

/**
 * @param root Directory of the image's files in the recording, if not `/`: a path below it belongs to the image.
 */
export function parseAccesses(text: string, root = '/'): Accesses {
  const paths = new Set<string>();
  const relative = new Set<string>();
  const prefix = root.endsWith('/') ? root : `${root}/`;
  let failed = 0;
  const readers: readonly Reader[] = [readStrace(), readFatrace, readInotifywait, readOpensnoop, readPlain];
  for (const line of text.split(/\r?\n/)) {
    let access: Access | undefined;
    for (const read of readers) {
      access = read(line);
      if (access !== undefined) break;
    }
    if (access?.kind === 'failed') failed++;
    if (access?.kind !== 'opened' || access.path === '') continue;
    const { path } = access;
    if (path.startsWith('/')) paths.add(path.startsWith(prefix) ? path.slice(prefix.length - 1) : path);
    else relative.add(path);
  }
  return { paths: [...paths], relative: [...relative], failed };
}

function join(directory: string | undefined, name: string): string {
  if (name.startsWith('/') || directory === undefined) return name;
  return `${directory}/${name}`;
}

// [pid 12] 10:00:00.1 openat(AT_FDCWD</app>, "server.js", O_RDONLY) = 3</app/server.js>
const stracePattern =
  /^(?:\[pid\s+(\d+)\]\s+|(\d+)\s+)?(?:[\d:.]+\s+)?(?:<\.\.\. )?([a-z_][a-z0-9_]*)(\(| resumed>)(.*)$/;
const straceNoise = /^(?:\[pid\s+\d+\]\s+|\d+\s+)?(?:[\d:.]+\s+)?(?:---|\+\+\+) |^strace: /;
const opensByDescriptor: ReadonlySet<string> = new Set(['openat', 'openat2', 'execveat']);
const opensByName: ReadonlySet<string> = new Set(['open', 'execve']);

/** If another thread interrupts a call, its result is on a later line. */
function readStrace(): Reader {
  const unfinished = new Map<string, string | undefined>();
  return (line) => {
    if (straceNoise.test(line)) return other;
    const match = stracePattern.exec(line);
    if (match === null) return undefined;
    const [, bracketed, plain, call = '', opening, rest = ''] = match;
    const key = `${bracketed ?? plain ?? ''} ${call}`;
    const isOpen = opensByDescriptor.has(call) || opensByName.has(call);
    const result = /\)\s+= (-?\d+|\?)(?:<(.*?)>)?(?: |$)/.exec(rest);
    const isUnfinished = rest.endsWith('<unfinished ...>');
    if (result === null && !isUnfinished) return undefined;
    if (!isOpen) return other;
    let path: string | undefined;
    if (opening === '(') path = pathOfCall(call, rest);
    else {
      path = unfinished.get(key);
      unfinished.delete(key);
    }
    if (isUnfinished) {
      unfinished.set(key, path);
      return other;
    }
    const [, code = '', opened] = result!;
    if (code.startsWith('-')) return { kind: 'failed' };
    if (path !== undefined && !path.startsWith('/') && opened?.startsWith('/') === true) path = opened;
    return path === undefined ? other : { kind: 'opened', path };
  };
}

function pathOfCall(call: string, rest: string): string | undefined {
  const pattern = opensByDescriptor.has(call)
    ? /^(?:AT_FDCWD|-?\d+)(?:<((?:[^>\\]|\\.)*)>)?, "((?:[^"\\]|\\.)*)"(?!\.\.\.)/
    : /^()"((?:[^"\\]|\\.)*)"(?!\.\.\.)/;
  const match = pattern.exec(rest);
  if (match === null) return undefined;
  const directory = match[1] === undefined || match[1] === '' ? undefined : unescape(match[1]);
  return join(directory, unescape(match[2]!));
}

const escapes: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, v: 11, f: 12, a: 7, b: 8 };

/** C escapes, which stand for bytes. */
function unescape(text: string): string {
  const bytes: Buffer[] = [];
  for (const [piece, octal, hexadecimal, character] of text.matchAll(
    /\\([0-7]{1,3})|\\x([0-9a-fA-F]{2})|\\(.)|[^\\]+/gs,
  )) {
    if (octal !== undefined) bytes.push(Buffer.of(parseInt(octal, 8) & 0xff));
    else if (hexadecimal !== undefined) bytes.push(Buffer.of(parseInt(hexadecimal, 16)));
    else if (character !== undefined) bytes.push(Buffer.of(escapes[character] ?? character.charCodeAt(0)));
    else bytes.push(Buffer.from(piece));
  }
  return Buffer.concat(bytes).toString();
}

// 10:00:00.123456 node(12): RCO /app/server.js
const fatracePattern = /^(?:\d\d:\d\d:\d\d\.\d+\s+)?.*?\(\d+\)(?: \[\d+:\d+\])?: ([CROWD+<>]{1,8})\s+(.*)$/;

function readFatrace(line: string): Access | undefined {
  const match = fatracePattern.exec(line);
  if (match === null) return undefined;
  const [, types = '', path = ''] = match;
  return /[RO]/.test(types) && path.startsWith('/') ? { kind: 'opened', path } : other;
}

// /app/ OPEN server.js        /app/,"OPEN,ISDIR",lib        /app/server.js OPEN
const inotifyEvents = String.raw`"?((?:[A-Z]+(?:_[A-Z]+)*)(?:,[A-Z]+(?:_[A-Z]+)*)*)"?`;
const inotifyPattern = new RegExp(String.raw`^(.*?) ${inotifyEvents}(?: (.*))?$`);
const inotifyCsvPattern = new RegExp(String.raw`^"?(.*?)"?,${inotifyEvents},"?(.*?)"?$`);
const knownEvents: ReadonlySet<string> = new Set(
  (
    'ACCESS MODIFY ATTRIB CLOSE_WRITE CLOSE_NOWRITE CLOSE OPEN MOVED_TO MOVED_FROM MOVE_SELF CREATE DELETE DELETE_SELF ' +
    'UNMOUNT ISDIR IGNORED'
  ).split(' '),
);

function readInotifywait(line: string): Access | undefined {
  if (/^(?:Setting up watches|Watches established)/.test(line)) return other;
  for (const pattern of [inotifyCsvPattern, inotifyPattern]) {
    const match = pattern.exec(line);
    if (match === null) continue;
    const [, directory = '', events = '', name = ''] = match;
    const words = events.split(',');
    if (!words.every((word) => knownEvents.has(word))) continue;
    const isRead = words.some((word) => ['OPEN', 'ACCESS', 'CLOSE_NOWRITE'].includes(word));
    if (!isRead || words.includes('ISDIR')) return other;
    return { kind: 'opened', path: directory + name };
  }
  return undefined;
}

// PID    COMM               FD ERR PATH
// 1234   node               18   0 /app/server.js
const opensnoopPattern = /^\s*(?:[\d:.]+\s+)?\d+\s+\S.*?\s+(-?\d+)\s+(\d+)\s+(\S.*)$/;

function readOpensnoop(line: string): Access | undefined {
  if (
    /^(?:Attaching \d+ probes|Attached \d+ probes|Tracing )/.test(line) ||
    /^\s*(?:TIME.*\s)?PID\s+COMM\s/.test(line)
  )
    return other;
  const match = opensnoopPattern.exec(line);
  if (match === null) return undefined;
  const [, descriptor = '', error = '', path = ''] = match;
  return descriptor.startsWith('-') || error !== '0' ? { kind: 'failed' } : { kind: 'opened', path };
}

/** A path without a leading slash starts at the image's root, as in a list that a person writes. */
function readPlain(line: string): Access | undefined {
  const path = line.trim();
  if (path === '') return other;
  return { kind: 'opened', path: path.startsWith('/') ? path : `/${path}` };
}
