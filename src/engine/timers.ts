/** How soon what failed is tried again: a heartbeat must be among the first to come when the database is back. */
const retryIntervalMs = 500;

export type Timers = {
  /** Runs `work` once, `ms` milliseconds from now. */
  after(ms: number, work: () => unknown): NodeJS.Timeout;
  /** Runs `work` again and again, `intervalMs` after it ended; sooner where it failed. */
  every(intervalMs: number, what: string, work: () => Promise<void> | void): void;
  cancel(timer: NodeJS.Timeout): void;
  cancelAll(): void;
};

/**
 * @param deps.isOver ends what runs again and again.
 * @param deps.onFailure is told of each failure, in a sentence.
 */
export function createTimers(deps: {
  isOver: () => boolean;
  onFailure: (error: unknown, sentence: string) => void;
}): Timers {
  const timers = new Set<NodeJS.Timeout>();

  function after(ms: number, work: () => unknown): NodeJS.Timeout {
    const timer = setTimeout(() => {
      timers.delete(timer);
      void work();
    }, ms);
    timers.add(timer);
    return timer;
  }

  function cancel(timer: NodeJS.Timeout): void {
    clearTimeout(timer);
    timers.delete(timer);
  }

  function every(
    intervalMs: number,
    what: string,
    work: () => Promise<void> | void,
    waitMs = intervalMs,
  ): void {
    after(waitMs, async () => {
      let nextMs = intervalMs;
      try {
        await work();
      } catch (error) {
        nextMs = Math.min(intervalMs, retryIntervalMs);
        deps.onFailure(error, `${what} failed; trying again`);
      }
      if (!deps.isOver()) every(intervalMs, what, work, nextMs);
    });
  }

  return {
    after,
    every: (intervalMs, what, work) => every(intervalMs, what, work),
    cancel,
    cancelAll: () => [...timers].forEach(cancel),
  };
}
