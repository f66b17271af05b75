/** What a subscription follows, in pages of what there is at once, so that their look-ups can be joined. */
export class Pages<T> implements AsyncIterable<T> {
  readonly pages: AsyncGenerator<T[], void, undefined>;
  /** Ends the pages at once, also while the next one is waited for. */
  readonly leave: () => void;

  constructor(pages: AsyncGenerator<T[], void, undefined>, leave: () => void) {
    this.pages = pages;
    this.leave = leave;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const page of this.pages) yield* page;
  }
}

/**
 * An async generator that waits for its next value does not hear `return()` until it comes; a subscriber who
 * leaves must not be waited for.
 */
export function endingWith<T>(
  generator: AsyncGenerator<T, void, undefined>,
  onEnd: () => void,
): AsyncGenerator<T, void, undefined> {
  const end = generator.return.bind(generator);
  generator.return = (value) => {
    onEnd();
    return end(value);
  };
  return generator;
}
