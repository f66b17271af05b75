/** All queues. Posts of dead workers are recovered by services/posts/recovery.ts, not by the queue. */
export const queues = {
  posts: { heartbeatSeconds: 60, retryLimit: 5, notify: true },
  /** Images that may be unused. Keeps trying for days while the asset store is away. */
  'asset-removals': {
    expireInSeconds: 120,
    retryLimit: 100,
    retryDelay: 5,
    retryBackoff: true,
    retryDelayMax: 3_600,
  },
  pruning: { expireInSeconds: 120, retryLimit: 3, retryDelay: 60 },
} as const;

export type QueueName = keyof typeof queues;
