// A progress line for a terminal: a bar, the bytes read, and the rate.
import { formatBytes } from '../core/quantities.ts';
import { hideUnprintable } from '../core/printable-text.ts';
import { cutToWidth, displayWidth } from './terminal-text.ts';

const barCells = 30;
/** A shorter bar would be less informative than the number beside it. */
const shortestBarCells = 8;
const gap = '  ';
/** As wide as `1023.9 MiB of 1023.9 MiB`, so that bars are aligned. */
const bytesColumns = 24;

/** @param share From 0 to 1. */
export function drawBar(share: number, cells = barCells): string {
  const filled = Math.round(share * cells);
  return '█'.repeat(filled) + '░'.repeat(cells - filled);
}

/** A layer or file being read. */
export class Transfer {
  readonly #startedAt: number;

  #readBytes = 0;

  /** @param startedAt Milliseconds, by the same clock as `now` in `describe`. */
  constructor(
    readonly label: string,
    readonly totalBytes: number,
    startedAt: number,
  ) {
    this.#startedAt = startedAt;
  }

  /** All bytes read; more than the total if something was read twice. */
  get readBytes(): number {
    return this.#readBytes;
  }

  /** Bytes of the current pass. */
  get doneBytes(): number {
    const { totalBytes } = this;
    const again = this.#readBytes - totalBytes;
    return again <= 0 || totalBytes === 0 ? this.#readBytes : ((again - 1) % totalBytes) + 1;
  }

  add(bytes: number): void {
    this.#readBytes += bytes;
  }

  /** The line, in at most this many columns. */
  describe(columns: number, now: number): string {
    const { doneBytes, totalBytes } = this;
    const rate = formatRate(this.#readBytes, now - this.#startedAt);
    return describeProgress(this.label, doneBytes, totalBytes, [rate], columns);
  }
}

/** Before that, the rate is not meaningful. */
const millisecondsBeforeRate = 500;

/** The average rate; empty at the beginning. */
export function formatRate(bytes: number, milliseconds: number): string {
  return milliseconds < millisecondsBeforeRate ? '' : `${formatBytes((bytes / milliseconds) * 1000)}/s`;
}

/** The label, a bar that fills the remaining width, the share, the bytes, and as many further words as fit. */
export function describeProgress(
  label: string,
  doneBytes: number,
  totalBytes: number,
  words: readonly string[],
  columns: number,
): string {
  const share = totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
  const numbers = [
    `${Math.floor(share * 100)}`.padStart(3) + ' %',
    `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`.padEnd(bytesColumns),
    ...words.filter((word) => word !== ''),
  ];
  const name = cutToWidth(hideUnprintable(label), Math.max(shortestBarCells, Math.floor(columns / 3)));
  for (let count = numbers.length; count > 0; count--) {
    const beside = numbers.slice(0, count).join(gap);
    const room = columns - displayWidth(name) - beside.length - 2 * gap.length;
    if (room < shortestBarCells) continue;
    return [name, drawBar(share, Math.min(barCells, room)), beside].join(gap).trimEnd();
  }
  return cutToWidth(`${numbers[0]!.trim()} ${name}`, columns);
}
