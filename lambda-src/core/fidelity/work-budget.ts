// Bounds the work that one layer can ask for. Nearly all of it is linear by itself; what is not (a chain of symbolic
// links in front of every entry, an opaque marker after every entry) would let a small layer keep a function busy for
// its whole time.

/** What a layer may ask for whatever its size. */
const basicSteps = 10_000_000;

/** And for each entry, and each part of its path: a real layer asks for fewer than ten. */
const stepsPerEntry = 200;
const stepsPerPart = 10;

/** A layer with more names than are held, or whose links or markers take more work than any real one: not judged. */
export class TooIntricateError extends Error {
  override readonly name = 'TooIntricateError';
}

export class WorkBudget {
  #remainingSteps = basicSteps;

  /** Every entry pays for some work. */
  earn(pathParts: number): void {
    this.#remainingSteps += stepsPerEntry + stepsPerPart * pathParts;
  }

  /** @throws TooIntricateError if more is asked for than any real layer needs. */
  spend(steps: number): void {
    this.#remainingSteps -= steps;
    if (this.#remainingSteps < 0) {
      throw new TooIntricateError('its symbolic links or opaque markers take too long to follow');
    }
  }
}
