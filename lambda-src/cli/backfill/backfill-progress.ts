// Shows on standard error how a backfill progresses: one live line on a terminal, an occasional line elsewhere.
import { LiveLines } from '../../terminal/live-lines.ts';
import { drawBar } from '../../terminal/progress.ts';
import { formatCount, formatDuration, formatInteger } from '../../core/quantities.ts';

/** Time between two lines without a terminal, so that the log stays short but still shows progress. */
const millisecondsBetweenLines = 10_000;

export class BackfillProgress {
  readonly #live: LiveLines;

  #repositories = 0;
  #saidAt: number;

  constructor(live: LiveLines = new LiveLines()) {
    this.#live = live;

    this.#saidAt = live.now();
  }

  onRepository(): void {
    this.#repositories++;
    const words = `repositories listed: ${formatInteger(this.#repositories)}`;
    this.#update(words, words, false);
  }

  /** @param total Number of images to invoke the function for. */
  onInvoked(invoked: number, total: number, rate: number): void {
    const seconds = (total - invoked) / rate;
    const rest = invoked === total ? '' : `, ${formatDuration(seconds)} or more to go`;
    const words = `${formatInteger(invoked)} of ${formatCount(total, 'image')}${rest}`;
    this.#update(words, `${drawBar(invoked / total)} ${words}`, invoked === total);
  }

  say(words: string): void {
    this.#live.say(words);
  }

  /** Removes the live line. */
  finish(): void {
    this.#live.clear();
  }

  #update(words: string, liveWords: string, isLast: boolean): void {
    if (this.#live.isLive) {
      this.#live.draw(() => [liveWords]);
      return;
    }
    const now = this.#live.now();
    if (!isLast && now - this.#saidAt < millisecondsBetweenLines) return;
    this.#saidAt = now;
    this.#live.say(words);
  }
}
