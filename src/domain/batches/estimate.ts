/**
 * How long a batch will take. The line moves as fast as slots and limits let it (Little's law: rate = slots ÷
 * seconds a post, at most what the provider allows); other owners with a backlog take turns with it.
 *
 * @param line.queuePosition posts that are made before its first one.
 * @param line.otherOwners owners with a backlog of their own.
 * @param line.secondsPerPost how long one post takes.
 * @param line.postsPerMinute what the provider's limits allow.
 * @returns seconds from now to its last post.
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
