import { setTimeout as delay } from 'node:timers/promises';
import { ConnectionError, followBatch } from '../../../client/index.ts';
import type { Child } from './child.ts';

/** One who follows a batch, from one API process and by one transport after the other. */
type Subscriber = { cursor: string | undefined; told: number[]; abort: AbortController; isOver: boolean };

export type Audience = {
  /** Cuts somebody off who still follows. @returns false where nobody does. */
  cutSomebody(): boolean;
  /** Stored events that the slowest has been told. */
  slowest(): number;
  /** Resolves when all have seen the end. @returns how many were told anything but 1…n in order. */
  finish(lastSeq: number, deadlineMs: number): Promise<{ wrong: number; unfinished: number }>;
  /** Connections that ended by themselves. */
  lost(): number;
};

/** @param random from 0 to 1. */
export function openAudience(settings: {
  apis: readonly Child[];
  token: string;
  batchId: string;
  count: number;
  random: () => number;
}): Audience {
  const { apis, token, batchId, random } = settings;
  let lost = 0;
  const isStored = (type: string) => type !== 'BatchSnapshotEvent' && type !== 'PostStageEvent';
  const pick = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)];

  async function follow(subscriber: Subscriber): Promise<void> {
    while (!subscriber.isOver) {
      const api = pick(apis.filter((one) => one.isReady()));
      if (api === undefined) {
        await delay(50);
        continue;
      }
      const { signal } = subscriber.abort;
      try {
        const transport = random() < 0.5 ? 'websocket' : 'sse';
        const options = {
          url: api.url(),
          token,
          batchId,
          after: subscriber.cursor,
          transport,
          signal,
        } as const;
        for await (const event of followBatch({ ...options, delayMs: () => 20 })) {
          subscriber.cursor = event.cursor;
          if (isStored(event.__typename)) subscriber.told.push(Number(event.cursor));
        }
        subscriber.isOver = true;
      } catch (error) {
        if (!signal.aborted) {
          if (!(error instanceof ConnectionError)) throw error;
          lost += 1;
        }
        subscriber.abort = new AbortController();
      }
    }
  }

  const subscribers = Array.from({ length: settings.count }, (): Subscriber => {
    return { cursor: undefined, told: [], abort: new AbortController(), isOver: false };
  });
  const following = Promise.all(subscribers.map(follow));
  return {
    cutSomebody() {
      const somebody = pick(subscribers.filter(({ isOver }) => !isOver));
      somebody?.abort.abort(new Error('cut off'));
      return somebody !== undefined;
    },
    slowest: () => Math.min(...subscribers.map(({ told }) => told.length)),
    lost: () => lost,
    async finish(lastSeq, deadlineMs) {
      // The deadline of one that is over must not keep the program waiting.
      await Promise.race([following, delay(deadlineMs, undefined, { ref: false })]);
      const isRight = ({ told }: Subscriber) =>
        told.length === lastSeq && told.every((seq, index) => seq === index + 1);
      const unfinished = subscribers.filter(({ isOver }) => !isOver).length;
      for (const subscriber of subscribers) {
        subscriber.isOver = true;
        subscriber.abort.abort(new Error('out of time'));
      }
      return { wrong: subscribers.filter((one) => !isRight(one)).length, unfinished };
    },
  };
}
