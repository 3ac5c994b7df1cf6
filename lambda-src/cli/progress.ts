// Tells on standard error how far a long piece of work has come: a bar on a terminal, nothing but words elsewhere.
import { formatBytes } from './quantities.ts';

const barCells = 30;
/** Redrawn no more often than the eye can follow. */
const millisecondsBetweenDrawings = 100;
/** To the beginning of the line, which is then empty. */
export const clearLine = '\r\u001b[K';

/** @param share What is done, from 0 to 1. */
export function drawBar(share: number): string {
  const filled = Math.round(share * barCells);
  return '█'.repeat(filled) + '░'.repeat(barCells - filled);
}

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
    const rate = formatBytes(this.#bytes / Math.max(0.001, (now - this.#startedAt) / 1000));
    const percent = `${Math.floor(share * 100)}`.padStart(3);
    this.stream.write(
      `${clearLine}${this.label} ${drawBar(share)} ${percent} %  ${formatBytes(this.#bytes)}  ${rate}/s`,
    );
  }

  /** Takes the bar away: what it was about is done, or has failed. */
  finish(): void {
    if (this.stream.isTTY) this.stream.write(clearLine);
  }
}
