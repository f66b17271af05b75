/** How jobs of runs are kept. Those of dead workers are recovered by services/runs/recovery.ts, not by the queue. */
const run = { heartbeatSeconds: 60, retryLimit: 5, notify: true } as const;

const others = {
  /** Images that may be unused. Keeps trying for days while the asset store is away. */
  'asset-removals': {
    expireInSeconds: 120,
    retryLimit: 100,
    retryDelay: 5,
    retryBackoff: true,
    retryDelayMax: 3_600,
  },
  pruning: { expireInSeconds: 120, retryLimit: 3, retryDelay: 60 },
  /** Posts that the release before this one enqueues (services/posts/earlier-release.ts). */
  posts: run,
} as const;

/** @returns the queue that a run waits in. Short runs of a kind have their own: they do not wait behind thousands of others. */
export function queueOf({ kind, isShort }: { kind: string; isShort: boolean }): string {
  return isShort ? `${kind}-short` : kind;
}

/** SQL: the queue of a run. @param run the name that the statement gives the run. */
export function queueOfRow(run: string): string {
  return `(${run}.kind || CASE WHEN ${run}."isShort" THEN '-short' ELSE '' END)`;
}

/** @returns the queues of these kinds of runs. */
export function queuesOf(kinds: readonly string[]): string[] {
  return kinds.flatMap((kind) => [queueOf({ kind, isShort: false }), queueOf({ kind, isShort: true })]);
}

/** @returns all queues, with how their jobs are kept. @param kinds the kinds of runs that this process knows. */
export function allQueues(kinds: readonly string[]): Map<string, object> {
  return new Map<string, object>([
    ...queuesOf(kinds).map((name) => [name, run] as const),
    ...Object.entries(others),
  ]);
}
