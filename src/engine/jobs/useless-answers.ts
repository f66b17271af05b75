import { LRUCache } from 'lru-cache';

/** How many useless answers in a row of one model end the buying for a batch. */
const maxInARow = 5;
/** Batches that end in the middle of a row are forgotten when others come. */
const maxBatches = 1_000;

/**
 * Counts useless answers in a row for each batch and model, over all posts of the batch that this process makes. So
 * each process pays for at most 5 of them, for those under way by then, and for those begun until the pause is written:
 * 5 and twice its slots.
 */
export type UselessAnswers = {
  /** @returns whether that was one too many: the batch is to be paused. */
  add(batchId: string, model: string): boolean;
  /** An answer was good. */
  reset(batchId: string, model: string): void;
  /** Posts of this batch are begun: where it was paused, it has been resumed, and its count begins anew. */
  goOn(batchId: string): void;
};

export function createUselessAnswers(): UselessAnswers {
  const byBatch = new LRUCache<string, Map<string, number>>({ max: maxBatches });
  return {
    add(batchId, model) {
      const counts = byBatch.get(batchId) ?? new Map<string, number>();
      const count = (counts.get(model) ?? 0) + 1;
      counts.set(model, count);
      byBatch.set(batchId, counts);
      return count >= maxInARow;
    },
    reset(batchId, model) {
      const counts = byBatch.get(batchId);
      counts?.delete(model);
      if (counts?.size === 0) byBatch.delete(batchId);
    },
    goOn(batchId) {
      const counts = [...(byBatch.get(batchId)?.values() ?? [])];
      if (counts.some((count) => count >= maxInARow)) byBatch.delete(batchId);
    },
  };
}
