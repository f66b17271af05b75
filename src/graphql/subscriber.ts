import type { GraphQLError } from 'graphql';
import type { Update } from '../services/progress.ts';
import type { Audience, Member, Parting, SharedResult, Sink } from './audience.ts';
import type { Followed } from './followed.ts';

/** A subscription that was granted. */
export type Subscription = {
  /** Hands everything to the sink, once; resolves at the end of the stream, or when the subscriber has left. */
  deliver(sink: Sink): Promise<void>;
  leave(): void;
};

/** What all who asked the same share. */
export type Sharing = {
  follow: Followed['source']['follow'];
  /** Answers an update; whoever asks second gets the same answer. */
  execute(update: Update): Promise<SharedResult>;
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
      await this.#push(place, this.#first, await this.#sharing.execute(this.#first));
      this.#first = undefined;
      while (await this.#catchUp(place)) {
        if ((await this.#join(place)) === 'over') return;
        await sink.drained();
      }
    } catch (error) {
      const errors = [this.#sharing.mask(error)];
      const failure = { errors, cursor: undefined, text: JSON.stringify({ errors }) };
      while (!sink.push(failure) && !this.#hasLeft) await sink.drained();
    } finally {
      this.#sharing.leave();
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
        // Started together, so that they look things up together.
        const results = await Promise.all(page.map((update) => this.#sharing.execute(update)));
        for (const [index, update] of page.entries()) {
          const result = results[index];
          if (result !== undefined) await this.#push(place, update, result);
          if (this.#hasLeft) return false;
        }
      }
      return false;
    } finally {
      this.#stop = undefined;
    }
  }

  async #push(place: Place, update: Update, result: SharedResult): Promise<void> {
    while (!place.sink.push(result) && !this.#hasLeft) await place.sink.drained();
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
