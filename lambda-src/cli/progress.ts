// Tells on standard error how far a long piece of work has come: a bar on a terminal, nothing but words elsewhere.
import { formatBytes } from './quantities.ts';

const barCells = 30;
/** Redrawn no more often than the eye can follow. */
const millisecondsBetweenDrawings = 100;
const clearLine = '\r\u001b[K';

export class ByteProgress {
  readonly #startedAt = performance.now();
  #bytes = 0;
  #drawnAt = 0;

  constructor(
    private readonly label: string,
    private readonly totalBytes: number,
    private readonly stream: NodeJS.WriteStream = process.stderr,
  ) {}

  add(bytes: number): void {
    this.#bytes += bytes;
    const now = performance.now();
    if (!this.stream.isTTY || now - this.#drawnAt < millisecondsBetweenDrawings) return;
    this.#drawnAt = now;
    const share = this.totalBytes === 0 ? 1 : Math.min(1, this.#bytes / this.totalBytes);
    const filled = Math.round(share * barCells);
    const bar = '█'.repeat(filled) + '░'.repeat(barCells - filled);
    const rate = formatBytes(this.#bytes / Math.max(0.001, (now - this.#startedAt) / 1000));
    const percent = `${Math.floor(share * 100)}`.padStart(3);
    this.stream.write(
      `${clearLine}${this.label} ${bar} ${percent} %  ${formatBytes(this.#bytes)}  ${rate}/s`,
    );
  }

  /** Takes the bar away: what it was about is done, or has failed. */
  finish(): void {
    if (this.stream.isTTY) this.stream.write(clearLine);
  }
}
