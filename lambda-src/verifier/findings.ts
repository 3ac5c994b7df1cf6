// The findings of verification about one thing, as sentences. Damage may be everywhere, so only the first are kept.

/** More than a person would read. */
const listedSentences = 20;

export class Findings {
  readonly #problems: string[] = [];
  readonly #warnings: string[] = [];
  #problemCount = 0;

  /** A problem that makes a runtime fail, or show other files than the layer has. */
  addProblem(sentence: string): void {
    this.#problemCount++;
    if (this.#problems.length < listedSentences) this.#problems.push(sentence);
  }

  /** Something unusual that does no harm. */
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
