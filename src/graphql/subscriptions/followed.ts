import type { Item } from '../../events/tail.ts';
import type { BatchState, Followable, PostState, UserState } from '../../services/progress/progress.ts';

/**
 * What the resolver of a subscription answers with. Whoever does not know it sees the stream of updates that
 * GraphQL asks for.
 */
export class Followed<
  State extends BatchState | UserState | PostState = BatchState | UserState | PostState,
> implements AsyncIterable<Item | State> {
  readonly source: Followable<State>;

  constructor(source: Followable<State>) {
    this.source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item | State, void, undefined> {
    const { first, follow } = this.source;
    yield first;
    for await (const page of follow(first.seq, new AbortController().signal)) yield* page;
  }
}
