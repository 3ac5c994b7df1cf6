// Patterns in which `*` is any run of any characters and nothing else is special: the image filters, and ECR's exclusion
// filters of tags.
import { escape, Minimatch, type MinimatchOptions } from 'minimatch';

/** Stands for `/`, which a `*` of minimatch does not cross. No name that is matched can hold a space. */
const slash = ' ';

/** To minimatch more is special, at the beginning of a pattern or in it. */
const onlyStars = {
  dot: true,
  nobrace: true,
  nocomment: true,
  noext: true,
  noglobstar: true,
  nonegate: true,
} as const satisfies MinimatchOptions;

export class Wildcard {
  readonly #matcher: Minimatch;

  constructor(readonly pattern: string) {
    const parts = pattern.replaceAll('/', slash).split('*');
    this.#matcher = new Minimatch(parts.map((part) => escape(part)).join('*'), onlyStars);
  }

  /** Whether the pattern matches the whole text. Case counts. */
  matches(text: string): boolean {
    return this.#matcher.match(text.replaceAll('/', slash));
  }
}
