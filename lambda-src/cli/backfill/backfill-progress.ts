// Tells on standard error how a backfill comes along: one live line on a terminal, a line now and then elsewhere.
import { clearLine, drawBar } from '../progress.ts';
import { formatCount } from '../quantities.ts';

/** Between two lines where there is no terminal: a log stays readable, and shows that something happens. */
const millisecondsBetweenLines = 10_000;
/** Between two drawings on a terminal. */
const millisecondsBetweenDrawings = 100;

export class BackfillProgress {
  #repositories = 0;
  #saidAt = performance.now();

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {}

  onRepository(): void {
    this.#repositories++;
    this.#update(() => `repositories listed: ${this.#repositories.toLocaleString('en-US')}`);
  }

  /** @param total Images that are to be invoked. */
  onInvoked(invoked: number, total: number, rate: number): void {
    const seconds = (total - invoked) / rate;
    const rest = invoked === total ? '' : `, ${formatDuration(seconds)} or more to go`;
    const words = `${invoked.toLocaleString('en-US')} of ${formatCount(total, 'image')}${rest}`;
    this.#update(
      () => (this.stream.isTTY ? `${drawBar(invoked / total)} ${words}` : words),
      invoked === total,
    );
  }

  say(words: string): void {
    this.finish();
    this.stream.write(`${words}\n`);
  }

  /** Takes the live line away. */
  finish(): void {
    if (this.stream.isTTY) this.stream.write(clearLine);
  }

  #update(words: () => string, isLast = false): void {
    const now = performance.now();
    const interval = this.stream.isTTY ? millisecondsBetweenDrawings : millisecondsBetweenLines;
    if (!isLast && now - this.#saidAt < interval) return;
    this.#saidAt = now;
    this.stream.write(this.stream.isTTY ? `${clearLine}${words()}` : `${words()}\n`);
  }
}

/** `40 seconds`, `12 minutes`, `3.5 hours`. */
export function formatDuration(seconds: number): string {
  if (seconds < 90) return formatCount(Math.ceil(seconds), 'second');
  if (seconds < 90 * 60) return formatCount(Math.ceil(seconds / 60), 'minute');
  return `${(seconds / 3600).toFixed(1)} hours`;
}
