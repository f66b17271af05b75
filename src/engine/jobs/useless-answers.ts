import { LRUCache } from 'lru-cache';

/** After this many useless answers of one model in a row, a batch is paused. */
const maxInARow = 5;
/** The counts of the least recently used batches are forgotten beyond this number. */
const maxBatches = 1_000;

/**
 * Counts useless answers in a row for each batch and model, over all posts that this process makes. Bounds what it pays for:
 * 5 answers, those in flight by then, and those begun until the pause is written.
 */
export type UselessAnswers = {
  /** Counts a useless answer. @returns whether the batch has to be paused. */
  add(batchId: string, model: string): boolean;
  /** Ends the row after a good answer. */
  reset(batchId: string, model: string): void;
  /** Forgets the counts of a batch that was paused for them and now runs again. */
  resume(batchId: string): void;
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
    resume(batchId) {
      const counts = [...(byBatch.get(batchId)?.values() ?? [])];
      if (counts.some((count) => count >= maxInARow)) byBatch.delete(batchId);
    },
  };
}
