// What verification finds about one thing: sentences. Damage may be everywhere, so that only the first are kept.

/** More than a person reads at once. */
const listedSentences = 20;

export class Findings {
  readonly #problems: string[] = [];
  readonly #warnings: string[] = [];
  #problemCount = 0;

  /** Something because of which a runtime would fail, or show other files than the layer has. */
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

  /** How many problems there are beside `problems`. */
  get unlistedProblems(): number {
    return this.#problemCount - this.#problems.length;
  }

  /** The first warnings. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }
}
