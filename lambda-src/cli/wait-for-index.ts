// Waits for the index of one image, which a builder elsewhere makes: looks at the registry again and again.
import { setTimeout as sleep } from 'node:timers/promises';
import { type ContentReader, NotFoundError, type StoredManifest } from '../content/content-store.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import {
  type CommandReason,
  explain,
  type Explained,
  type ImageSkipReason,
  type SupersededReason,
} from '../core/reasons.ts';
import type { PlatformImage } from '../image/source-image.ts';
import { type Expectation, readIndexState, readProspect } from '../image/expected-index.ts';
import { describeGap } from '../image/gaps.ts';
import { RegistryError } from '../registry/registry-error.ts';

/** The image that is waited for, as a name gives it. */
export interface WaitedImage {
  /** Its digest where one was given, else the tag. It is read once: what is waited for is then this very image. */
  readonly reference: string;
  readonly tag?: string;
}

export interface WaitTimes {
  readonly timeoutMilliseconds: number;
  /** Between the end of a look and the next one. */
  readonly intervalMilliseconds: number;
}

export interface Clock {
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** A signal that is aborted after so long. */
  limit(milliseconds: number): AbortSignal;
}

/** `digest` is what to deploy. */
export type WaitOutcome =
  | { readonly status: 'indexed'; readonly sourceDigest: Digest; readonly digest: Digest }
  /** It was V2 itself when the wait began, or there is nothing to index: it is deployed as it is. */
  | { readonly status: 'already-indexed'; readonly sourceDigest: Digest; readonly digest: Digest }
  | ({ readonly status: 'skipped'; readonly sourceDigest: Digest; readonly digest: Digest } & Explained<
      ImageSkipReason | Extract<CommandReason, 'tagged-as-is'>
    >)
  /** The image's tag points to another image, so that its builder will not finish. */
  | ({ readonly status: 'superseded'; readonly sourceDigest: Digest } & Explained<SupersededReason>)
  /** The message ends with what the last look has found. */
  | ({
      readonly status: 'timed-out';
      readonly sourceDigest?: Digest;
      /** What the last look has found, if it is the cause; otherwise only the builder's log tells. */
      readonly cause?: string;
    } & Explained<Extract<CommandReason, 'not-indexed-yet'>>)
  /** Waiting does not help. */
  | ({ readonly status: 'failed'; readonly sourceDigest: Digest } & Explained<
      'target-tag-taken' | 'platform-not-indexed'
    >);

const realClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds) => sleep(milliseconds),
  limit: (milliseconds) => AbortSignal.timeout(Math.ceil(milliseconds)),
};

/**
 * A registry may not know at once what was just pushed to it. For so long what is not there is waited for; after that it
 * is most likely a wrong name.
 */
const missingMilliseconds = 15_000;

/** What a look may take, also where the time is up sooner: a first look is made in any case. */
const minimumLookMilliseconds = 30_000;

/** A tag is gone when it was not there so often in a row. */
const missingTagLooks = 2;

/** The image as it was when the wait began. */
interface Source {
  readonly manifest: StoredManifest;
  readonly platforms: readonly PlatformImage[];
}

/**
 * Looks until there is an end. A registry that fails in passing is asked again until time is up.
 *
 * @param say Takes a sentence on why there is no end yet, whenever that is another one than before.
 * @throws NotFoundError if the image does not exist; RegistryError for what does not pass, such as a refusal; FormatError
 *   where a manifest is damaged.
 */
export async function waitForIndex(
  store: ContentReader,
  image: WaitedImage,
  expectation: Expectation,
  { timeoutMilliseconds, intervalMilliseconds }: WaitTimes,
  say: (reason: string) => void,
  clock: Clock = realClock,
): Promise<WaitOutcome> {
  const startedAt = clock.now();
  const endsAt = startedAt + timeoutMilliseconds;
  const wait = new Wait(store, image, expectation);
  let said: string | undefined;
  for (;;) {
    const signal = clock.limit(Math.max(endsAt - clock.now(), minimumLookMilliseconds));
    let reason: string;
    let isKnown = false;
    try {
      const found = await wait.look(signal);
      if ('status' in found) return found;
      ({ reason, isKnown = false } = found);
    } catch (error) {
      const isNew = clock.now() - startedAt < Math.min(missingMilliseconds, timeoutMilliseconds);
      if (signal.aborted) reason = 'the registry did not answer in time';
      else if (error instanceof RegistryError && error.transient) reason = error.message;
      else if (error instanceof NotFoundError && isNew && !wait.hasSource) reason = error.message;
      else throw error;
    }
    const remaining = endsAt - clock.now();
    if (remaining <= 0) {
      const cause = isKnown ? { cause: reason } : {};
      return { status: 'timed-out', ...explain('not-indexed-yet', reason), ...cause, ...wait.sourceDigest };
    }
    if (reason !== said) say(reason);
    said = reason;
    await clock.sleep(Math.min(intervalMilliseconds, remaining));
  }
}

/** Why there is no end yet, as a sentence without its end. */
interface NotYet {
  readonly reason: string;
  /** Whether it is the cause, not only what is seen of it. */
  readonly isKnown?: boolean;
}

class Wait {
  readonly #store: ContentReader;
  readonly #image: WaitedImage;
  readonly #expectation: Expectation;
  #source: Source | undefined;
  #looksWithoutTag = 0;

  constructor(store: ContentReader, image: WaitedImage, expectation: Expectation) {
    this.#store = store;
    this.#image = image;
    this.#expectation = expectation;
  }

  get hasSource(): boolean {
    return this.#source !== undefined;
  }

  get sourceDigest(): { readonly sourceDigest?: Digest } {
    return this.#source === undefined ? {} : { sourceDigest: this.#source.manifest.digest };
  }

  /** How it ended, or why it has not. */
  async look(signal: AbortSignal): Promise<WaitOutcome | NotYet> {
    const store = this.#store;
    const image = this.#image;
    const expectation = this.#expectation;
    if (this.#source === undefined) {
      const manifest = await store.fetchManifest(image.reference, signal);
      const sourceDigest = manifest.digest;
      const prospect = await readProspect(store, manifest, expectation, signal);
      if (prospect.kind === 'converted') {
        const [gap] = prospect.gaps;
        if (gap !== undefined) return { reason: describeGap(gap), isKnown: true };
        return { status: 'already-indexed', sourceDigest, digest: sourceDigest };
      }
      if (prospect.kind === 'none') {
        return { status: 'skipped', ...explain(prospect.reason), sourceDigest, digest: sourceDigest };
      }
      this.#source = { manifest, platforms: prospect.platforms };
    }
    const { manifest, platforms } = this.#source;
    const sourceDigest = manifest.digest;
    // First, since the target may be the image's own tag, and moves then to what is waited for.
    const move = await this.#findMove(sourceDigest, signal);
    const state = await readIndexState(store, manifest, platforms, expectation, signal);
    if (state.kind === 'there') return { status: 'indexed', sourceDigest, digest: state.digest };
    const { target } = expectation;
    if (state.kind === 'unchanged' && target.version === 'V2' && target.tag !== image.tag) {
      const asItIs = explain('tagged-as-is', target.tag);
      return { status: 'skipped', ...asItIs, sourceDigest, digest: sourceDigest };
    }
    if (move !== undefined) return { status: 'superseded', ...move, sourceDigest };
    switch (state.kind) {
      case 'unchanged':
        return { reason: `the tag ${image.tag ?? ''} points to the image as it is` };
      case 'never':
        return { status: 'failed', reason: state.reason, message: state.message, sourceDigest };
      case 'not yet':
        return state;
    }
  }

  /** Where the image's tag points to now, if that is not the image. */
  async #findMove(
    sourceDigest: Digest,
    signal: AbortSignal,
  ): Promise<Explained<SupersededReason> | undefined> {
    const { tag } = this.#image;
    if (tag === undefined) return undefined;
    const now = await this.#store.resolve(tag, signal);
    this.#looksWithoutTag = now === undefined ? this.#looksWithoutTag + 1 : 0;
    if (now === undefined)
      return this.#looksWithoutTag < missingTagLooks ? undefined : explain('tag-deleted', tag);
    return now.digest === sourceDigest ? undefined : explain('tag-moved', `${tag} is ${now.digest}`);
  }
}
