/** The counters of a batch at one time. */
export type BatchCounts = {
  postCount: number;
  completedCount: number;
  failedCount: number;
  cancelledCount: number;
  /** Posts with findings. */
  foundCount: number;
};

/** @returns the counters that people see: without deleted posts, which a batch's row counts as ordered and cancelled. */
export function shownCounts(batch: BatchCounts & { deletedCount: number }): BatchCounts {
  const { postCount, completedCount, failedCount, cancelledCount, foundCount, deletedCount } = batch;
  return {
    postCount: postCount - deletedCount,
    completedCount,
    failedCount,
    cancelledCount: cancelledCount - deletedCount,
    foundCount,
  };
}

/** @returns the number of posts that are not final yet. */
export function remainingCount(counts: BatchCounts): number {
  return counts.postCount - counts.completedCount - counts.failedCount - counts.cancelledCount;
}

/** @returns seconds from start to end, or from start to `now` while the batch runs. */
export function elapsedSeconds(batch: { createdAt: Date; finishedAt: Date | null }, now: Date): number {
  return Math.max(0, (batch.finishedAt ?? now).getTime() - batch.createdAt.getTime()) / 1000;
}

/** @returns completed posts per second since the start; 0 before the first. */
export function postsPerSecond(
  batch: BatchCounts & { createdAt: Date; finishedAt: Date | null },
  now: Date,
): number {
  const seconds = elapsedSeconds(batch, now);
  return seconds === 0 ? 0 : batch.completedCount / seconds;
}

/** @returns completed posts ÷ final posts, from 0 to 1; null before the first is final. */
export function successRate(counts: BatchCounts): number | null {
  const final = counts.completedCount + counts.failedCount;
  return final === 0 ? null : counts.completedCount / final;
}
