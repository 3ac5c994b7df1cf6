// Emulates as much of a terminal as a progress display needs: what it shows after the output, with lines that wrap and a
// cursor that moves up. Every character takes one column.

export class Terminal {
  readonly isTTY = true;
  /** The complete output, unchanged. */
  readonly writes: string[] = [];
  #lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(
    public columns: number,
    public rows = 24,
  ) {}

  write(text: string): boolean {
    this.writes.push(text);

    for (const [piece] of text.matchAll(/\u001b\[\d*[A-Z]|[^]/gu)) this.#obey(piece);
    return true;
  }

  /** The visible lines, including those that have been scrolled away. */
  get screen(): readonly string[] {
    const lines = this.#lines.map((line) => line.trimEnd());
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  }

  #obey(piece: string): void {
    // A terminal treats 0 like 1.
    const count = Number(piece.slice(2, -1)) || 1;
    if (piece === '\r') this.#column = 0;
    else if (piece === '\n') this.#newLine();
    else if (piece === '\u001b[K') this.#cutLine();
    else if (piece === '\u001b[J') {
      this.#cutLine();
      this.#lines.length = this.#row + 1;
    } else if (/^\u001b\[\d*A$/.test(piece)) {
      this.#row -= count;
      if (this.#row < 0) throw new Error(`the cursor went ${-this.#row} lines above the first`);
    } else if (piece.startsWith('\u001b')) throw new Error(`unknown: ${JSON.stringify(piece)}`);
    else this.#put(piece);
  }

  #put(character: string): void {
    if (this.#column === this.columns) this.#newLine();
    const line = Array.from(this.#lines[this.#row]!.padEnd(this.#column));
    line[this.#column] = character;
    this.#lines[this.#row] = line.join('');
    this.#column++;
  }

  #newLine(): void {
    this.#column = 0;
    this.#row++;
    if (this.#row === this.#lines.length) this.#lines.push('');
  }

  #cutLine(): void {
    this.#lines[this.#row] = this.#lines[this.#row]!.slice(0, this.#column);
  }
}
