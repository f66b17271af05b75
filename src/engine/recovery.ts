import type { PostRecovery } from '../services/posts/recovery.ts';
import type { Logger } from '../telemetry/logger.ts';

/** How often it is looked for dead workers: it adds to the time until their posts are run again. */
const lookIntervalMs = 500;
/** How often everything else is looked through, which costs more and is hardly ever needed. */
const mendIntervalMs = 30_000;
/** A longer time between two answers means that the database was away. */
const gapMs = 3_000;
/**
 * How long the database must have answered before a worker is taken for dead: two beats (see dispatcher.ts). Those
 * that live have told so by then, even where all heartbeats ran out while it was away.
 */
const steadyMs = 6_000;

export type Recovery = { start(): void; stop(): Promise<void> };

/** Mends what no single worker can: at once what dead workers left, and every half minute everything else. */
export function createRecovery(deps: { posts: PostRecovery; logger: Logger }): Recovery {
  const { posts, logger } = deps;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> | undefined;
  let isStopped = false;
  let answeredAt = Number.NEGATIVE_INFINITY;
  let steadySince = answeredAt;
  let mendedAt = answeredAt;

  async function look(): Promise<void> {
    const dead = await posts.findDead();
    const now = performance.now();
    if (now - answeredAt > gapMs) steadySince = now;
    answeredAt = now;
    if (dead.length > 0 && now - steadySince >= steadyMs) {
      const { recovered, abandoned } = await posts.recover(dead);
      if (recovered > 0) logger.warn({ posts: recovered }, 'posts of dead workers were put back');
      if (abandoned > 0)
        logger.error({ posts: abandoned }, 'posts failed: their workers died with them too often');
    }
    if (now - mendedAt < mendIntervalMs) return;
    mendedAt = now;
    const restored = await posts.restoreJobs();
    if (restored > 0) logger.warn({ posts: restored }, 'posts without a job got a new one');
    const closed = await posts.closeStrayCalls();
    if (closed > 0) logger.warn({ calls: closed }, 'calls closed that nobody waits for');
  }

  function run(): void {
    current = look()
      .catch((error: unknown) => logger.warn({ err: error }, 'recovery failed; trying again'))
      .finally(() => {
        if (!isStopped) timer = setTimeout(run, lookIntervalMs);
      });
  }

  return {
    start: run,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await current;
    },
  };
}
