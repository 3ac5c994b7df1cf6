// Lines at the bottom of a terminal that are redrawn in place while work continues. Other output appears above them and
// stays. No lines are drawn in a pipe, a file, CI, or a terminal that cannot move its cursor. They have no colour, so
// NO_COLOR has no effect.
import { cutToWidth, displayWidth } from './terminal-text.ts';

/** Drawing more often would not be noticed. */
const millisecondsBetweenDrawings = 100;

/** Defaults for a terminal of unknown size. */
const defaultColumns = 80;
const defaultRows = 24;

/** The part of standard error that is used here. */
export interface LineStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): boolean;
}

export class LiveLines {
  readonly #stream: LineStream;

  /** Whether live lines can be shown at all. */
  readonly isLive: boolean;
  #drawnAt = -Infinity;
  #shown: readonly string[] = [];

  /**
   * @param environment Its `TERM` and `CI` show whether somebody is watching.
   * @param now A clock in milliseconds.
   */
  constructor(
    stream: LineStream = process.stderr,
    environment: Readonly<NodeJS.ProcessEnv> = process.env,
    readonly now: () => number = () => performance.now(),
  ) {
    this.#stream = stream;

    const ci = environment['CI'] ?? '';
    const isCi = ci !== '' && ci !== 'false' && ci !== '0';
    this.isLive = stream.isTTY === true && environment['TERM'] !== 'dumb' && !isCi;
  }

  /** Redraws the lines in place, unless it is too soon after the last time. */
  draw(makeLines: (columns: number) => readonly string[]): void {
    const now = this.now();
    if (!this.isLive || now - this.#drawnAt < millisecondsBetweenDrawings) return;
    this.#drawnAt = now;
    // Some terminals would wrap a line that fills the last column.
    const columns = Math.max(1, (this.#stream.columns || defaultColumns) - 1);
    const most = Math.max(1, (this.#stream.rows || defaultRows) - 1);
    const lines = makeLines(columns)
      .slice(-most)
      .map((line) => cutToWidth(line, columns));
    const frame = lines.map((line) => `${line}\u001b[K\n`).join('');
    this.#stream.write(`${this.#toBeginning()}${frame}\u001b[J`);
    this.#shown = lines;
  }

  /** Prints a line that stays. */
  say(line: string): void {
    this.clear();
    this.#stream.write(`${line}\n`);
    // The live lines return with the next call.
    this.#drawnAt = -Infinity;
  }

  /** Removes the live lines, so that later output starts in their place. */
  clear(): void {
    if (this.#shown.length > 0) this.#stream.write(`${this.#toBeginning()}\u001b[J`);
    this.#shown = [];
  }

  /** Moves the cursor to the first live line. A terminal that has become narrower has wrapped lines. */
  #toBeginning(): string {
    if (this.#shown.length === 0) return '';
    const columns = this.#stream.columns || defaultColumns;
    const rows = this.#shown.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / columns)),
      0,
    );
    return `\r\u001b[${rows}A`;
  }
}
