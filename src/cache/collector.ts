/** Collects the tags of an answer while it is being made. */
export type Collector = {
  add(...tags: string[]): void;
  /** For an answer with a part that has no tag or changes by itself: it must not be kept. */
  markUncacheable(): void;
  /** @returns all tags; undefined if the answer must not be kept. */
  tags(): readonly string[] | undefined;
};

/** A collector for one answer. */
export function createCollector(): Collector {
  const tags = new Set<string>();
  let isCacheable = true;
  return {
    add(...more) {
      for (const tag of more) tags.add(tag);
    },
    markUncacheable() {
      isCacheable = false;
    },
    tags: () => (isCacheable ? [...tags] : undefined),
  };
}
