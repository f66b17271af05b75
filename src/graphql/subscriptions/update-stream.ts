import type { StageUpdate, StoredUpdate } from '../../services/progress/batch-streams.ts';
import type { BatchState, PostState, Updates, WorkspaceState } from '../../services/progress/progress.ts';

/** The source stream of a subscription: its updates, one by one or in pages. */
export class UpdateStream<State extends BatchState | WorkspaceState | PostState> implements AsyncIterable<
  StoredUpdate | StageUpdate | State
> {
  readonly #stop: AbortController;
  readonly pages: Updates<State>;

  private constructor(pages: Updates<State>, stop: AbortController) {
    this.pages = pages;
    this.#stop = stop;
  }

  /** @param follow opens the pages of updates, which end when the signal aborts. */
  static async open<State extends BatchState | WorkspaceState | PostState>(
    follow: (signal: AbortSignal) => Promise<Updates<State>>,
  ): Promise<UpdateStream<State>> {
    const stop = new AbortController();
    return new UpdateStream(await follow(stop.signal), stop);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Ends the stream at once, even while it waits for its next update. */
  stop(): void {
    this.#stop.abort();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StoredUpdate | StageUpdate | State, void, undefined> {
    for await (const page of this.pages) yield* page;
  }
}
