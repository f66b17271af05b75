/** How soon failed work is tried again. Short, so that heartbeats come at once when the database is back. */
const retryIntervalMs = 500;

export type Timers = {
  /** Runs `work` once, `ms` milliseconds from now. */
  after(ms: number, work: () => unknown): NodeJS.Timeout;
  /** Runs `work` repeatedly, `intervalMs` after it ended, or sooner if it failed. @param what names it in `onFailure`. */
  every(intervalMs: number, what: string, work: () => Promise<void> | void): void;
  cancel(timer: NodeJS.Timeout): void;
  cancelAll(): void;
};

/**
 * Timers that can be cancelled together.
 *
 * @param deps.isOver ends the repetition of `every`.
 * @param deps.onFailure called for each failure, with a sentence for the log.
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
