// The findings of a verification about an index, a zTOC or an image, as sentences. Only the first ones are kept, because
// there may be very many.

/** More than a person would read. */
const listedSentences = 20;

export class Findings {
  readonly #problems: string[] = [];
  readonly #warnings: string[] = [];
  #problemCount = 0;

  /** A problem that makes a runtime fail, or show files that differ from those of the layer. */
  addProblem(sentence: string): void {
    this.#problemCount++;
    if (this.#problems.length < listedSentences) this.#problems.push(sentence);
  }

  /** Something unusual but harmless. */
  addWarning(sentence: string): void {
    if (this.#warnings.length < listedSentences) this.#warnings.push(sentence);
  }

  /** The first problems. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  get problemCount(): number {
    return this.#problemCount;
  }

  /** Number of problems beyond `problems`. */
  get unlistedProblems(): number {
    return this.#problemCount - this.#problems.length;
  }

  /** The first warnings. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }
}
