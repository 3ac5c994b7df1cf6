// Records which images a backfill has sent, so that an interrupted run continues where it stopped. The registry shows which
// images are indexed; the journal bridges the time until it does. Each invocation that Lambda accepts adds one JSON line, and
// no line is ever changed.
import { isMissingFile } from '../../content/file-error.ts';
import { ReasonedError } from '../../core/errors.ts';
import { isObject } from '../../core/is-object.ts';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * By then an invocation has finished or failed: Lambda keeps an event for at most six hours and retries it twice, and a
 * large image takes a few invocations more. After that, the registry decides again.
 */
const remembranceMilliseconds = 24 * 60 * 60 * 1000;

interface JournalLine {
  /** ISO 8601. */
  readonly at: string;
  /** `REGION/ACCOUNT/NAME`, of the filter function. */
  readonly function: string;
  /** `REPOSITORY:TAG@DIGEST` */
  readonly image: string;
}

/** `$XDG_STATE_HOME/soci-index/backfill.jsonl`, by default in ~/.local/state. */
export function defaultJournalPath(environment: NodeJS.ProcessEnv): string {
  const stateHome = environment['XDG_STATE_HOME'] ?? '';
  const folder = stateHome.startsWith('/') ? stateHome : join(homedir(), '.local', 'state');
  return join(folder, 'soci-index', 'backfill.jsonl');
}

/** The images that the function was invoked for in the last 24 hours. Damaged lines are ignored. */
export async function readJournal(
  path: string,
  functionKey: string,
  nowMilliseconds: number,
): Promise<ReadonlySet<string>> {
  const images = new Set<string>();
  try {
    for await (const text of createInterface({ input: createReadStream(path) })) {
      const line = parseLine(text);
      const isOurs = line?.function === functionKey;
      if (isOurs && nowMilliseconds - Date.parse(line.at) < remembranceMilliseconds) images.add(line.image);
    }
  } catch (error) {
    if (!isMissingFile(error)) throw error;
  }
  return images;
}

/** The journal cannot be written. */
export class JournalError extends ReasonedError {
  override readonly name = 'JournalError';
  readonly reason = 'file-error';
}

export class Journal {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #functionKey: string;

  private constructor(path: string, file: FileHandle, functionKey: string) {
    this.#path = path;
    this.#file = file;
    this.#functionKey = functionKey;
  }

  /** Creates the file and its folder if they are missing. */
  static async open(path: string, functionKey: string): Promise<Journal> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, 'a+', 0o600);
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    // If the last line was cut off, the next one must not be appended to it.
    if (size > 0 && last.toString() !== '\n') await file.appendFile('\n');
    return new Journal(path, file, functionKey);
  }

  /** @param image `REPOSITORY:TAG@DIGEST` @throws JournalError */
  async add(image: string, at: Date): Promise<void> {
    const line: JournalLine = { at: at.toISOString(), function: this.#functionKey, image };
    // A single append, so that a crash can only cut the line off.
    try {
      await this.#file.appendFile(`${JSON.stringify(line)}\n`);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      throw new JournalError(`the journal ${this.#path} cannot be written: ${problem}`, { cause: error });
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

function parseLine(text: string): JournalLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { at, function: name, image } = isObject(value) ? value : {};
  const isLine = typeof at === 'string' && typeof name === 'string' && typeof image === 'string';
  return isLine ? { at, function: name, image } : undefined;
}
