// Reads the fields of JSON objects into types, with Go's rules for structs: null counts as absent, and unknown fields are
// ignored. Every fault is recorded with its path, and reading continues, so that one error can list all of them.
import { FormatError } from '../errors.ts';
import { isDigest, type Digest } from './descriptor.ts';
import { JsonNumber, JsonObject, type JsonValue } from './json-document.ts';
import { quoteText } from './quotation.ts';

/** More faults would make the message hard to read. */
const shownFaults = 10;

/** Collects the faults of one document. */
export class Faults {
  readonly #faults: string[] = [];
  #count = 0;

  note(path: string, problem: string): void {
    if (++this.#count <= shownFaults) this.#faults.push(path === '' ? problem : `${path}: ${problem}`);
  }

  /** @throws FormatError with all recorded faults, if there are any. `subject` names the document. */
  throwIfAny(subject: string): void {
    if (this.#count === 0) return;
    const unshown = this.#count - this.#faults.length;
    if (unshown > 0) this.#faults.push(`and ${unshown} more`);
    throw new FormatError('manifest', `${subject}: ${this.#faults.join('; ')}`);
  }
}

/** The known fields of one object. */
export class Fields {
  readonly #values: ReadonlyMap<string, JsonValue>;
  readonly #path: string;
  readonly #faults: Faults;

  private constructor(values: ReadonlyMap<string, JsonValue>, path: string, faults: Faults) {
    this.#values = values;
    this.#path = path;
    this.#faults = faults;
  }

  /**
   * The fields of `value` with one of the names. A name that occurs twice, or with different case (`Layers`), is a fault:
   * Go accepts it and other parsers do not, so the document would have two meanings.
   */
  static of(value: JsonValue, names: FieldNames, path: string, faults: Faults): Fields {
    const values = new Map<string, JsonValue>();
    if (!(value instanceof JsonObject)) {
      faults.note(path, `expected an object, got ${nameKind(value)}`);
      // Missing fields of a value that is not an object are not reported again.
      return new Fields(values, path, new Faults());
    }
    for (const [key, member] of value.members) {
      if (!names.resemble(key)) continue;
      if (!names.include(key)) faults.note(join(path, key), 'the name of this field has the wrong case');
      else if (values.has(key)) faults.note(join(path, key), 'the field occurs twice');
      else values.set(key, member);
    }
    return new Fields(values, path, faults);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The path of a field, for messages: `layers[3].digest`. */
  pathOf(name: string): string {
    return join(this.#path, name);
  }

  note(name: string, problem: string): void {
    this.#faults.note(this.pathOf(name), problem);
  }

  /** Undefined if the field is absent, null or empty: Go omits empty fields. */
  text(name: string): string | undefined {
    const value = this.#value(name);
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'string') return value;
    this.note(name, `expected a string, got ${nameKind(value)}`);
    return undefined;
  }

  requiredText(name: string): string {
    const text = this.text(name);
    if (text === undefined && typeof (this.#value(name) ?? '') === 'string') this.note(name, 'is missing');
    return text ?? '';
  }

  /** A whole number from 0 to 2^53 - 1, the largest that a JavaScript number holds exactly. */
  requiredCount(name: string): number {
    const value = this.#value(name);
    if (value === undefined) this.note(name, 'is missing');
    else if (!(value instanceof JsonNumber)) this.note(name, `expected a number, got ${nameKind(value)}`);
    else if (!/^[0-9]+$/.test(value.source) || !Number.isSafeInteger(Number(value.source))) {
      this.note(name, `expected a whole number from 0 to 2^53 - 1, got ${quoteText(value.source)}`);
    } else return Number(value.source);
    return 0;
  }

  requireNumber(name: string, expected: number): void {
    const value = this.#value(name);
    if (value instanceof JsonNumber && value.source === String(expected)) return;
    const found = value instanceof JsonNumber ? quoteText(value.source) : nameKind(value ?? null);
    this.note(name, `expected ${expected}, got ${found}`);
  }

  requiredDigest(name: string): Digest {
    const text = this.requiredText(name);
    if (isDigest(text)) return text;
    if (text !== '') this.note(name, `expected sha256: and 64 hexadecimal digits, got ${quoteText(text)}`);
    return 'sha256:';
  }

  /** Undefined if the field is absent, null or an empty list. */
  texts(name: string): readonly string[] | undefined {
    const texts = this.elements(name, Infinity, (value, path) => {
      if (typeof value === 'string') return value;
      this.#faults.note(path, `expected a string, got ${nameKind(value)}`);
      return '';
    });
    return texts.length === 0 ? undefined : texts;
  }

  /** Undefined if the field is absent, null or an empty object. A null value is an empty string, as in Go. */
  textsByKey(name: string): Readonly<Record<string, string>> | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (!(value instanceof JsonObject)) {
      this.note(name, `expected an object, got ${nameKind(value)}`);
      return undefined;
    }
    const entries = value.members.map(([key, member]) => {
      if (member !== null && typeof member !== 'string') {
        this.note(`${name}[${quoteText(key)}]`, `expected a string, got ${nameKind(member)}`);
      }
      return [key, typeof member === 'string' ? member : ''] as const;
    });
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }

  /** The result of `read` for the field, undefined if it is absent or null. */
  nested<T>(name: string, read: (value: JsonValue, path: string, faults: Faults) => T): T | undefined {
    const value = this.#value(name);
    return value === undefined ? undefined : read(value, this.pathOf(name), this.#faults);
  }

  /** The result of `read` for each element of a list; empty if the field is absent or null. */
  elements<T>(
    name: string,
    maximumCount: number,
    read: (value: JsonValue, path: string, faults: Faults) => T,
  ): readonly T[] {
    const value = this.#value(name);
    if (value === undefined) return [];
    if (!isList(value)) {
      this.note(name, `expected a list, got ${nameKind(value)}`);
      return [];
    }
    if (value.length > maximumCount) {
      this.note(name, `has ${value.length} entries, more than ${maximumCount}`);
      return [];
    }
    return value.map((element, index) => read(element, `${this.pathOf(name)}[${index}]`, this.#faults));
  }

  #value(name: string): JsonValue | undefined {
    return this.#values.get(name) ?? undefined;
  }
}

/** The names of a struct's fields. */
export class FieldNames {
  readonly #names: ReadonlySet<string>;
  readonly #anyCase: RegExp;

  constructor(...names: readonly string[]) {
    this.#names = new Set(names);
    // With `u` and `i`, Unicode's simple case folding applies, as in Go: U+017F equals s.
    this.#anyCase = new RegExp(`^(?:${names.map((name) => name.replace('.', '\\.')).join('|')})$`, 'iu');
  }

  include(key: string): boolean {
    return this.#names.has(key);
  }

  /** Whether Go would match the key to one of the names. */
  resemble(key: string): boolean {
    return this.#anyCase.test(key);
  }
}

/** The object without undefined fields: with `exactOptionalPropertyTypes`, absent differs from undefined. */
export function dropUndefined<T extends object>(fields: T): DefinedFields<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as DefinedFields<T>;
}

type DefinedFields<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function nameKind(value: JsonValue): string {
  if (value === null) return 'null';
  if (value instanceof JsonNumber) return 'a number';
  if (value instanceof JsonObject) return 'an object';
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? 'a string' : 'a list';
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
