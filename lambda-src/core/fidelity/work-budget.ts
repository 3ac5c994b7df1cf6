// Limits the work for one layer. Most of it is linear anyway. Without a limit, the rest (a chain of symbolic links before
// every entry, an opaque marker after every entry) would let a small layer occupy a function for its whole time.

/** The budget of any layer, whatever its size. */
const basicSteps = 10_000_000;

/** The additional budget for each entry, and for each part of its path. A real layer needs fewer than ten steps for each. */
const stepsPerEntry = 200;
const stepsPerPart = 10;

/**
 * The layer is not judged, because it has too many names, or because its links or markers require more work than those of any
 * real layer.
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
