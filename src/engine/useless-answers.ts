import { LRUCache } from 'lru-cache';

/** After this many useless answers of one model in a row, no more is bought. */
const maxInARow = 5;
/** The counts of the least recently used orders are forgotten beyond this number. */
const maxOrders = 1_000;

/**
 * Counts useless answers in a row for each order and model, over all runs of this process: an order is a batch, or the subject
 * of work without one. Bounds what is paid for: 5 answers, those in flight by then, and those begun until a pause is written.
 */
export type UselessAnswers = {
  /** Counts a useless answer. @returns whether the order has to stop. */
  add(orderId: string, model: string): boolean;
  /** Ends the row after a good answer. */
  reset(orderId: string, model: string): void;
  /** Forgets the counts of an order that was stopped for them and now runs again. */
  resume(orderId: string): void;
};

export function createUselessAnswers(): UselessAnswers {
  const byOrder = new LRUCache<string, Map<string, number>>({ max: maxOrders });
  return {
    add(orderId, model) {
      const counts = byOrder.get(orderId) ?? new Map<string, number>();
      const count = (counts.get(model) ?? 0) + 1;
      counts.set(model, count);
      byOrder.set(orderId, counts);
      return count >= maxInARow;
    },
    reset(orderId, model) {
      const counts = byOrder.get(orderId);
      counts?.delete(model);
      if (counts?.size === 0) byOrder.delete(orderId);
    },
    resume(orderId) {
      const counts = [...(byOrder.get(orderId)?.values() ?? [])];
      if (counts.some((count) => count >= maxInARow)) byOrder.delete(orderId);
    },
  };
}
