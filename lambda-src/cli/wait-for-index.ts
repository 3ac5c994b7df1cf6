// Waits for the index of one image, which is built elsewhere, by polling the registry.
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
import type { PlatformImage } from '../core/soci/platform-choice.ts';
import { type Expectation, readIndexState, readProspect } from '../image/expected-index.ts';
import { describeGap } from '../image/gaps.ts';
import { RegistryError } from '../registry/registry-error.ts';

/** The image to wait for, as named by the user. */
export interface WaitedImage {
  /** The digest if one was given, otherwise the tag. It is resolved once; later polls use this digest. */
  readonly reference: string;
  readonly tag?: string;
}

export interface WaitTimes {
  readonly timeoutMilliseconds: number;
  /** Time between two polls. */
  readonly intervalMilliseconds: number;
}

export interface Clock {
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** A signal that is aborted after this time. */
  limit(milliseconds: number): AbortSignal;
}

/** `digest` is what to deploy. */
export type WaitOutcome =
  | { readonly status: 'indexed'; readonly sourceDigest: Digest; readonly digest: Digest }
  /** The image is already a V2 image, or (`skipped`) there is nothing to index. It is deployed unchanged. */
  | { readonly status: 'already-indexed'; readonly sourceDigest: Digest; readonly digest: Digest }
  | ({ readonly status: 'skipped'; readonly sourceDigest: Digest; readonly digest: Digest } & Explained<
      ImageSkipReason | Extract<CommandReason, 'tagged-as-is'>
    >)
  /** The image's tag points to another image, so its builder will not finish. */
  | ({ readonly status: 'superseded'; readonly sourceDigest: Digest } & Explained<SupersededReason>)
  /** The message ends with the result of the last poll. */
  | ({
      readonly status: 'timed-out';
      readonly sourceDigest?: Digest;
      /** The result of the last poll, if it shows the cause; otherwise only the builder's log does. */
      readonly cause?: string;
    } & Explained<Extract<CommandReason, 'not-indexed-yet'>>)
  /** Waiting longer would not help. */
  | ({ readonly status: 'failed'; readonly sourceDigest: Digest } & Explained<
      'target-tag-taken' | 'platform-not-indexed'
    >);

const realClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds) => sleep(milliseconds),
  limit: (milliseconds) => AbortSignal.timeout(Math.ceil(milliseconds)),
};

/**
 * How long to wait for a missing image. A registry may take a moment to show what was just pushed; after that, the name is
 * most likely wrong.
 */
const missingMilliseconds = 15_000;

/** The minimum time limit of one poll, even if the overall timeout is sooner. */
const minimumLookMilliseconds = 30_000;

/** A tag counts as deleted if this many polls in a row find it missing. */
const missingTagLooks = 2;

/** The image as it was at the start. */
interface Source {
  readonly manifest: StoredManifest;
  readonly platforms: readonly PlatformImage[];
}

/**
 * Polls until there is an outcome. Transient errors of the registry are retried until the timeout.
 *
 * @param say Called with the reason for not having an outcome yet, whenever it changes.
 * @throws NotFoundError if the image does not exist; RegistryError for a permanent error, such as denied access; FormatError if
 *   a manifest is damaged.
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

/** Why there is no outcome yet, as a sentence without a full stop. */
interface NotYet {
  readonly reason: string;
  /** Whether the reason is the cause, not only a symptom. */
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

  /** The outcome, or the reason for not having one. */
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
    // Checked first, because the target may be the image's own tag, which then moves.
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
        return { reason: `the tag ${image.tag ?? ''} still points to the unindexed image` };
      case 'never':
        return { status: 'failed', reason: state.reason, message: state.message, sourceDigest };
      case 'not yet':
        return state;
    }
  }

  /** The reason if the image's tag was deleted or now points to a different digest. */
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
