// Patterns in which `*` stands for any characters and nothing else is special: the image filters, and ECR's exclusion
// filters for tags.
import { escape, Minimatch, type MinimatchOptions } from 'minimatch';

/** Replaces `/`, which `*` of minimatch does not match. No name to be matched contains a space. */
const slash = ' ';

/** `escape` leaves nothing special but braces, and a star that does not match a leading dot. */
const onlyStars = { dot: true, nobrace: true } as const satisfies MinimatchOptions;

export class Wildcard {
  readonly #matcher: Minimatch;

  constructor(readonly pattern: string) {
    const parts = pattern.replaceAll('/', slash).split('*');
    this.#matcher = new Minimatch(parts.map((part) => escape(part)).join('*'), onlyStars);
  }

  /** Whether the pattern matches the whole text, including case. */
  matches(text: string): boolean {
    return this.#matcher.match(text.replaceAll('/', slash));
  }
}
