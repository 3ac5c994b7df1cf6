// Timers for client and server in one process: they count turns of its event loop instead of milliseconds. A process that
// a busy machine does not let run takes no turns, and what it would have received in the meantime is received before the next.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Timer, Timers } from '../../lambda-src/registry/transport.ts';

/** So long a turn takes at least. */
const turnMilliseconds = 10;

class TurnTimer implements Timer {
  readonly #callback: () => void;
  readonly #milliseconds: number;

  #turnsLeft = 0;
  #turn: NodeJS.Timeout | undefined;

  constructor(callback: () => void, milliseconds: number) {
    this.#callback = callback;
    this.#milliseconds = milliseconds;

    this.refresh();
  }

  refresh(): void {
    this.#turnsLeft = Math.ceil(this.#milliseconds / turnMilliseconds);
    this.#turn ??= setTimeout(this.#onTurn, turnMilliseconds);
  }

  clear(): void {
    clearTimeout(this.#turn);
  }

  readonly #onTurn = () => {
    if (--this.#turnsLeft > 0) {
      this.#turn?.refresh();
      return;
    }
    this.#turn = undefined;
    this.#callback();
  };
}

export const turnTimers: Timers = {
  setTimeout: (callback, milliseconds) => new TurnTimer(callback, milliseconds),
  clearTimeout(timer) {
    (timer as TurnTimer | undefined)?.clear();
  },
};

export async function sleepTurns(milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += turnMilliseconds) {
    await sleep(turnMilliseconds, undefined, { ref: false });
  }
}
