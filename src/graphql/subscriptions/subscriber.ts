import { setTimeout as delay } from 'node:timers/promises';
import type { GraphQLError } from 'graphql';
import { RetryableError } from '../../domain/errors/errors.ts';
import type { Update } from '../../services/progress/progress.ts';
import type { Audience, Member, Parting, SharedResult, Sink } from './audience.ts';
import type { Followed } from './followed.ts';

/** A subscription that was granted. */
export type Subscription = {
  /**
   * Hands everything to the sink, once; resolves at the end of the stream, or when the subscriber has left.
   *
   * @throws GraphQLError where it cannot go on. Nothing was left out until then: it may be resumed.
   */
  deliver(sink: Sink): Promise<void>;
  leave(): void;
};

/** How often what cannot be read is read again before the subscription ends: over 2 to 5 s. */
const retries = 5;
const firstDelayMs = 100;

/** What all who asked the same share. */
export type Sharing = {
  follow: Followed['source']['follow'];
  /**
   * Answers an update; whoever asks second gets the same answer.
   *
   * @returns undefined where what it tells of was deleted meanwhile: then there is nothing to tell.
   * @throws RetryableError where it cannot be read now; GraphQLError where it never can.
   */
  execute(update: Update): Promise<SharedResult | undefined>;
  mask(error: unknown): GraphQLError;
  /** Those who have everything and are told together. */
  audience(): Audience;
  /** Counts a subscriber, until it leaves. */
  enter(): void;
  leave(): void;
};

/**
 * The way of one subscriber: its snapshot, what it missed at its own pace, then live with the others. A class, as
 * there are thousands of them, and what each of them holds counts.
 */
export class Subscriber implements Subscription {
  readonly #sharing: Sharing;
  /** Holds rows, and a subscription lasts for hours: let go when it is told. */
  #first: Update | undefined;
  #hasLeft = false;
  /** Ends what it does by itself, while it does. */
  #stop: AbortController | undefined;
  #leaveAudience: (() => void) | undefined;

  constructor(sharing: Sharing, first: Update) {
    this.#sharing = sharing;
    this.#first = first;
  }

  leave(): void {
    this.#hasLeft = true;
    this.#stop?.abort();
    this.#leaveAudience?.();
  }

  async deliver(sink: Sink): Promise<void> {
    if (this.#first === undefined) throw new Error('a subscription is delivered once');
    const place = { sink, seen: this.#first.seq };
    this.#sharing.enter();
    try {
      let failures = 0;
      let seen = place.seen;
      while (!this.#hasLeft) {
        try {
          return await this.#tellAll(place);
        } catch (error) {
          if (place.seen > seen) failures = 0;
          seen = place.seen;
          failures += 1;
          if (!(error instanceof RetryableError) || failures > retries) throw error;
          await this.#pause(firstDelayMs * 2 ** (failures - 1) * (0.5 + Math.random()));
        }
      }
    } catch (error) {
      throw this.#sharing.mask(error);
    } finally {
      this.#sharing.leave();
    }
  }

  /** @returns after so long, or as soon as it leaves. */
  async #pause(ms: number): Promise<void> {
    if (this.#hasLeft) return;
    const stop = new AbortController();
    this.#stop = stop;
    await delay(ms, undefined, { signal: stop.signal }).catch(() => undefined);
    this.#stop = undefined;
  }

  /** From where it is to the end of the stream. */
  async #tellAll(place: Place): Promise<void> {
    if (this.#first !== undefined) {
      await this.#push(place, this.#first, await this.#sharing.execute(this.#first));
      this.#first = undefined;
    }
    while (await this.#catchUp(place)) {
      if ((await this.#join(place)) === 'over') return;
      await place.sink.drained();
    }
  }

  /** Its own way to where the others are. @returns false at the end of the stream. */
  async #catchUp(place: Place): Promise<boolean> {
    if (this.#hasLeft) return false;
    const stop = new AbortController();
    this.#stop = stop;
    try {
      for await (const page of this.#sharing.follow(place.seen, stop.signal)) {
        if (page.length === 0) return true;
        // Started together, so that they look things up together. What precedes one that fails is told.
        const results = page.map((update) => this.#sharing.execute(update));
        for (const result of results) result.catch(() => undefined);
        for (const [index, update] of page.entries()) {
          await this.#push(place, update, await results[index]);
          if (this.#hasLeft) return false;
        }
      }
      return false;
    } finally {
      this.#stop = undefined;
    }
  }

  async #push(place: Place, update: Update, result: SharedResult | undefined): Promise<void> {
    if (result !== undefined) {
      while (!place.sink.push(result) && !this.#hasLeft) await place.sink.drained();
    }
    place.seen = update.seq;
  }

  /** @returns when it is told with the others no more, or at once where they have been told more. */
  #join(place: Place): Promise<Parting> {
    if (this.#hasLeft) return Promise.resolve('over');
    return new Promise((resolve, reject) => {
      const audience = this.#sharing.audience();
      const member: Member = Object.assign(place, { parted: resolve, failed: reject });
      this.#leaveAudience = () => {
        audience.leave(member);
        resolve('over');
      };
      if (!audience.join(member)) resolve('behind');
    });
  }
}

type Place = Pick<Member, 'sink' | 'seen'>;
