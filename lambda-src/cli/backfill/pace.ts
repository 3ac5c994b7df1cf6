// Holds a rate: never more than so many a second, and no hurry after a delay.

export class Pace {
  readonly #intervalMilliseconds: number;
  #nextMilliseconds = -Infinity;

  constructor(perSecond: number) {
    this.#intervalMilliseconds = 1000 / perSecond;
  }

  /** Takes the next turn. @returns Milliseconds until it comes. */
  takeTurn(nowMilliseconds: number): number {
    const turn = Math.max(nowMilliseconds, this.#nextMilliseconds);
    this.#nextMilliseconds = turn + this.#intervalMilliseconds;
    return turn - nowMilliseconds;
  }
}
