import type { Update } from '../../services/progress/progress.ts';
import type { Followed } from './followed.ts';

/** The answer to one update, as text as well: one object for all subscribers who are told the same. */
export type SharedResult = {
  data?: unknown;
  /** Cursor to resume from. */
  cursor: string;
  text: string;
};

/** Where a subscriber's results go. */
export type Sink = {
  /** @returns false where it can take no more for now; then nothing was taken. */
  push(result: SharedResult): boolean;
  /** Resolves when it can take more, or never will. */
  drained(): Promise<void>;
};

/** Why a member is one no more: the stream is over, or it could not take what it was told. */
export type Parting = 'over' | 'behind';

/** One of those who are told together. */
export type Member = {
  readonly sink: Sink;
  /** Place of the newest event that it was told. */
  seen: number;
  /** Told once, when it is a member no more for another reason than its own leave. */
  parted(why: Parting): void;
  failed(error: unknown): void;
};

export type Audience = {
  /** @returns false where the member does not have all that the others have been told. */
  join(member: Member): boolean;
  leave(member: Member): void;
};

/** Subscribers who are told the same at the same time. Closes when the last one has left. */
export function openAudience(
  follow: Followed['source']['follow'],
  execute: (update: Update) => Promise<SharedResult | undefined>,
  onClose: () => void,
): Audience {
  const members = new Set<Member>();
  const stop = new AbortController();
  let isRunning = false;
  /** Place of the newest event that the members were told. */
  let told = 0;

  async function run(): Promise<void> {
    try {
      for await (const page of follow(told, stop.signal)) {
        const results = await Promise.all(page.map(execute));
        told = page.at(-1)?.seq ?? told;
        for (const member of members) if (!tell(member, page, results)) part(member, 'behind');
      }
      for (const member of members) part(member, 'over');
    } catch (error) {
      for (const member of members) member.failed(error);
      members.clear();
      close();
    }
  }

  /** @returns false where the member could not take all of it. */
  function tell(
    member: Member,
    page: readonly Update[],
    results: readonly (SharedResult | undefined)[],
  ): boolean {
    for (const [index, update] of page.entries()) {
      const result = results[index];
      const isNews = update.kind === 'stage' ? update.seq >= member.seen : update.seq > member.seen;
      if (!isNews) continue;
      if (result !== undefined && !member.sink.push(result)) return false;
      member.seen = update.seq;
    }
    return true;
  }

  function part(member: Member, why: Parting): void {
    leave(member);
    member.parted(why);
  }

  function leave(member: Member): void {
    if (members.delete(member) && members.size === 0) close();
  }

  function close(): void {
    stop.abort();
    onClose();
  }

  return {
    join(member) {
      if (member.seen < told) return false;
      members.add(member);
      if (!isRunning) {
        isRunning = true;
        told = member.seen;
        void run();
      }
      return true;
    },
    leave,
  };
}
