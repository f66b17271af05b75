/** Counts while there are no recent posts: a typical time for a caption and an image. */
export const firstGuessSeconds = 10;

/**
 * Estimates how long a batch will take. The queue moves as fast as slots and limits allow (Little's law: rate = slots ÷
 * seconds per post, at most what the provider allows). Other owners with a backlog take turns with the batch.
 *
 * @param line.queuePosition number of posts before the batch's first one.
 * @param line.otherOwners number of other owners with a backlog.
 * @param line.secondsPerPost how long one post takes.
 * @param line.postsPerMinute what the provider's limits allow.
 * @returns seconds from now until the last post is done.
 */
export function estimateSeconds(line: {
  postCount: number;
  queuePosition: number;
  otherOwners: number;
  secondsPerPost: number;
  slots: number;
  postsPerMinute: number;
}): number {
  const { postCount, queuePosition, otherOwners, secondsPerPost, slots, postsPerMinute } = line;
  const postsPerSecond = Math.min(slots / secondsPerPost, postsPerMinute / 60);
  const before = queuePosition + (postCount - 1) * (otherOwners + 1);
  return before / postsPerSecond + secondsPerPost;
}
