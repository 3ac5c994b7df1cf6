// Limits the rate: never more than so many per second, and no catching up after a delay.

export class Pace {
  readonly #intervalMilliseconds: number;
  #nextMilliseconds = -Infinity;

  constructor(perSecond: number) {
    this.#intervalMilliseconds = 1000 / perSecond;
  }

  /** Waits for the next slot. @returns Milliseconds until then. */
  takeTurn(nowMilliseconds: number): number {
    const turn = Math.max(nowMilliseconds, this.#nextMilliseconds);
    this.#nextMilliseconds = turn + this.#intervalMilliseconds;
    return turn - nowMilliseconds;
  }
}
