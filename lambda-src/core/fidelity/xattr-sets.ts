// Numbers for sets of extended attributes. Equal sets have equal numbers in all layers of an image. Keys and values are
// strings with one character per byte.
import { createHash } from 'node:crypto';

/** Longer values are stored as their SHA-256, because they are only compared. */
const maximumKeptValue = 64;

const trustedPrefix = 'trusted.';
export const capabilityKey = 'security.capability';

/** The empty set. */
export const noXattrs = 0;

export interface XattrSet {
  /** Values by key. A long value is replaced by its digest. */
  readonly values: ReadonlyMap<string, string>;
  /** Whether an attribute is present can change from mount to mount. */
  readonly isRandom: boolean;
}

export class XattrSets {
  readonly #sets: XattrSet[] = [{ values: new Map(), isRandom: false }];
  readonly #numbers = new Map<string, number>([[describe(this.#sets[0]!), 0]]);
  readonly #transitions = new Map<string, number>();

  at(number: number): XattrSet {
    return this.#sets[number]!;
  }

  numberOf(values: ReadonlyMap<string, string>): number {
    const kept = new Map([...values].map(([key, value]) => [key, shorten(value)]));
    return this.#numberOfKept({ values: kept, isRandom: false });
  }

  /** The subset of attributes with wanted keys. */
  select(number: number, isWanted: (key: string) => boolean): number {
    return this.#numberOfKept(this.#filter(number, isWanted));
  }

  /** The union of both sets, in which the attributes that are present can change from mount to mount. */
  mixture(number: number, added: number): number {
    const values = new Map([...this.at(number).values, ...this.at(added).values]);
    return this.#numberOfKept({ values, isRandom: true });
  }

  /** The set extended by the attributes of `added`, which replace existing ones with the same key. */
  union(number: number, added: number): number {
    if (added === noXattrs) return number;
    return this.#transition(`${number}+${added}`, () => ({
      values: new Map([...this.at(number).values, ...this.at(added).values]),
      isRandom: this.at(number).isRandom,
    }));
  }

  withoutCapability(number: number): number {
    if (!this.at(number).values.has(capabilityKey)) return number;
    return this.#transition(`${number}-`, () => this.#filter(number, (key) => key !== capabilityKey));
  }

  withoutTrusted(number: number): number {
    if (number === noXattrs) return number;
    return this.#transition(`${number}t`, () =>
      this.#filter(number, (key) => !key.startsWith(trustedPrefix)),
    );
  }

  #filter(number: number, isWanted: (key: string) => boolean): XattrSet {
    const set = this.at(number);
    return {
      values: new Map([...set.values].filter(([key]) => isWanted(key))),
      isRandom: set.isRandom,
    };
  }

  #transition(name: string, make: () => XattrSet): number {
    let result = this.#transitions.get(name);
    if (result === undefined) {
      result = this.#numberOfKept(make());
      this.#transitions.set(name, result);
    }
    return result;
  }

  #numberOfKept(set: XattrSet): number {
    const text = describe(set);
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#sets.push(set) - 1;
      this.#numbers.set(text, number);
    }
    return number;
  }
}

function shorten(value: string): string {
  if (value.length <= maximumKeptValue) return value;
  return `sha256:${createHash('sha256').update(Buffer.from(value, 'latin1')).digest('hex')}`;
}

/** A set as text, which is equal only for equal sets, because each string is preceded by its length. */
function describe({ values, isRandom }: XattrSet): string {
  const keys = [...values.keys()].sort();
  const pairs = keys.map((key) => `${key.length}:${key}${values.get(key)!.length}:${values.get(key)!}`);
  return (isRandom ? 'random ' : '') + pairs.join('');
}
