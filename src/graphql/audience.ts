import type { GraphQLError } from 'graphql';
import type { Update } from '../services/progress.ts';
import type { Followed } from './followed.ts';

/** The answer to one update, as text as well: one object for all subscribers who are told the same. */
export type SharedResult = {
  data?: unknown;
  errors?: readonly GraphQLError[];
  /** Cursor to resume from; undefined for an error that ends the subscription. */
  cursor: string | undefined;
  text: string;
};

/** Where a subscriber's results go. */
export type Sink = {
  /** @returns false where it can take no more for now; then nothing was taken. */
  push(result: SharedResult): boolean;
  /** Resolves when it can take more, or never will. */
  drained(): Promise<void>;
};

/** One of those who are told together; `seen` is the place of the newest event it was told. */
export type Member = { sink: Sink; seen: number };

/** Why a member is one no more: the stream or its own interest is over, or it could not take what it was told. */
type Parting = 'over' | 'behind';

export type Audience = {
  /** @returns at once where the member does not have all that the others have been told. */
  join(member: Member, signal: AbortSignal): Promise<Parting>;
};

/** Subscribers who are told the same at the same time. Closes when the last one has left. */
export function openAudience(
  follow: Followed['source']['follow'],
  execute: (update: Update) => Promise<SharedResult>,
  onClose: () => void,
): Audience {
  const members = new Map<Member, { part(why: Parting): void; fail(error: unknown): void }>();
  const stop = new AbortController();
  let running: Promise<void> | undefined;
  /** Place of the newest event that the members were told. */
  let told = 0;

  async function run(after: number): Promise<void> {
    told = after;
    try {
      for await (const page of follow(after, stop.signal)) {
        const results = await Promise.all(page.map(execute));
        told = page.at(-1)?.seq ?? told;
        for (const [member, { part }] of members) if (!tell(member, page, results)) part('behind');
      }
      for (const { part } of members.values()) part('over');
    } catch (error) {
      for (const { fail } of members.values()) fail(error);
      members.clear();
      close();
    }
  }

  /** @returns false where the member could not take all of it. */
  function tell(member: Member, page: readonly Update[], results: readonly SharedResult[]): boolean {
    for (const [index, update] of page.entries()) {
      const result = results[index];
      const isNews = update.kind === 'stage' ? update.seq >= member.seen : update.seq > member.seen;
      if (!isNews || result === undefined) continue;
      if (!member.sink.push(result)) return false;
      member.seen = update.seq;
    }
    return true;
  }

  function close(): void {
    stop.abort();
    onClose();
  }

  return {
    async join(member, signal) {
      if (member.seen < told) return 'behind';
      const { promise, resolve, reject } = Promise.withResolvers<Parting>();
      const leave = () => part('over');
      const part = (why: Parting) => {
        signal.removeEventListener('abort', leave);
        members.delete(member);
        if (members.size === 0) close();
        resolve(why);
      };
      signal.addEventListener('abort', leave, { once: true });
      members.set(member, { part, fail: reject });
      running ??= run(member.seen);
      if (signal.aborted) leave();
      return promise;
    },
  };
}
