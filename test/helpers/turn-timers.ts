// Timers for a client and server in one process. They count turns of its event loop instead of milliseconds: on a busy
// machine, a process that does not run takes no turns, and receives everything that arrived in the meantime before the
// next turn.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Timer, Timers } from '../../lambda-src/registry/transport.ts';

/** The minimum duration of a turn. */
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
