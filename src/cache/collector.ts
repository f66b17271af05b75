/** Collects the tags of an answer while it is made. */
export type Collector = {
  add(...tags: string[]): void;
  /** Part of the answer has no tag, or changes by itself: the answer must not be kept. */
  markUncacheable(): void;
  /** @returns all tags; undefined when the answer must not be kept. */
  tags(): readonly string[] | undefined;
};

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
