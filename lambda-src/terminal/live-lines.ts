// Lines at the bottom of a terminal that are drawn again in place while work goes on. What is said in the meantime goes above
// them and stays. Where nobody watches there are no such lines: in a pipe, a file, CI, a terminal that cannot move its
// cursor. There is no colour, and so nothing that NO_COLOR would have to turn off.
import { cutToWidth, displayWidth } from './terminal-text.ts';

/** Drawn no more often than the eye can follow. */
const millisecondsBetweenDrawings = 100;

/** Of a terminal that does not say how wide or high it is. */
const defaultColumns = 80;
const defaultRows = 24;

/** What of standard error is needed here. */
export interface LineStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): boolean;
}

export class LiveLines {
  readonly #stream: LineStream;

  /** Whether lines that are drawn can be seen at all. */
  readonly isLive: boolean;
  #drawnAt = -Infinity;
  #shown: readonly string[] = [];

  /**
   * @param environment Its `TERM` and `CI` say whether somebody watches.
   * @param now Milliseconds from any moment.
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

  /** Draws lines in place of those that are there, unless it is too soon: the next call comes. */
  draw(makeLines: (columns: number) => readonly string[]): void {
    const now = this.now();
    if (!this.isLive || now - this.#drawnAt < millisecondsBetweenDrawings) return;
    this.#drawnAt = now;
    // A line that fills the last column would be wrapped by some terminals.
    const columns = Math.max(1, (this.#stream.columns || defaultColumns) - 1);
    const most = Math.max(1, (this.#stream.rows || defaultRows) - 1);
    const lines = makeLines(columns)
      .slice(-most)
      .map((line) => cutToWidth(line, columns));
    const frame = lines.map((line) => `${line}\u001b[K\n`).join('');
    this.#stream.write(`${this.#toBeginning()}${frame}\u001b[J`);
    this.#shown = lines;
  }

  /** Says a line that stays. */
  say(line: string): void {
    this.clear();
    this.#stream.write(`${line}\n`);
    // The lines below it come back with the next call.
    this.#drawnAt = -Infinity;
  }

  /** Takes the lines away: what comes next on the terminal begins where they began. */
  clear(): void {
    if (this.#shown.length > 0) this.#stream.write(`${this.#toBeginning()}\u001b[J`);
    this.#shown = [];
  }

  /** To where the shown lines begin. A terminal that has become narrower has wrapped them. */
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
