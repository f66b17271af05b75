/** Collects what an answer is made of while it is made. */
export type Collector = {
  add(...tags: string[]): void;
  /** Something of it has no tag, or changes by itself: it must not be kept. */
  spoil(): void;
  /** @returns all tags; undefined where the answer must not be kept. */
  tags(): readonly string[] | undefined;
};

export function createCollector(): Collector {
  const tags = new Set<string>();
  let isSpoilt = false;
  return {
    add(...more) {
      for (const tag of more) tags.add(tag);
    },
    spoil() {
      isSpoilt = true;
    },
    tags: () => (isSpoilt ? undefined : [...tags]),
  };
}
