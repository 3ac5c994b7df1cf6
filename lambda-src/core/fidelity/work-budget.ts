// Limits the work for one layer. Most of it is linear anyway; without a limit, the rest (a chain of symbolic links in front
// of every entry, an opaque marker after every entry) would let a small layer occupy a function for its whole time.

/** Work for any layer, whatever its size. */
const basicSteps = 10_000_000;

/** And for each entry, and each part of its path: a real layer needs less than ten. */
const stepsPerEntry = 200;
const stepsPerPart = 10;

/**
 * A layer with too many names, or whose links or markers require more work than any real one: it is not judged.
 */
export class TooIntricateError extends Error {
  override readonly name = 'TooIntricateError';
}

export class WorkBudget {
  #remainingSteps = basicSteps;

  /** Every entry adds to the budget. */
  earn(pathParts: number): void {
    this.#remainingSteps += stepsPerEntry + stepsPerPart * pathParts;
  }

  /** @throws TooIntricateError if the work exceeds that of any real layer. */
  spend(steps: number): void {
    this.#remainingSteps -= steps;
    if (this.#remainingSteps < 0) {
      throw new TooIntricateError('its symbolic links or opaque markers take too long to follow');
    }
  }
}
