// Limits the rate to a number per second. After a delay, it does not catch up.

export class Pace {
  readonly #intervalMilliseconds: number;
  #nextMilliseconds = -Infinity;

  constructor(perSecond: number) {
    this.#intervalMilliseconds = 1000 / perSecond;
  }

  /** Reserves the next slot. @returns Milliseconds until it begins. */
  takeTurn(nowMilliseconds: number): number {
    const turn = Math.max(nowMilliseconds, this.#nextMilliseconds);
    this.#nextMilliseconds = turn + this.#intervalMilliseconds;
    return turn - nowMilliseconds;
  }
}
