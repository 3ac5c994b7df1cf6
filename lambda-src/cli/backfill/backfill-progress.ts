// Tells on standard error how a backfill comes along: one live line on a terminal, a line now and then elsewhere.
import { LiveLines } from '../../terminal/live-lines.ts';
import { drawBar } from '../../terminal/progress.ts';
import { formatCount, formatDuration, formatInteger } from '../../core/quantities.ts';

/** Between two lines where there is no terminal: a log stays readable, and shows that something happens. */
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

  /** @param total Images that are to be invoked. */
  onInvoked(invoked: number, total: number, rate: number): void {
    const seconds = (total - invoked) / rate;
    const rest = invoked === total ? '' : `, ${formatDuration(seconds)} or more to go`;
    const words = `${formatInteger(invoked)} of ${formatCount(total, 'image')}${rest}`;
    this.#update(words, `${drawBar(invoked / total)} ${words}`, invoked === total);
  }

  say(words: string): void {
    this.#live.say(words);
  }

  /** Takes the live line away. */
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
