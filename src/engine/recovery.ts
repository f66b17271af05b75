import type { RunRecovery } from '../services/runs/recovery.ts';
import type { Logger } from '../telemetry/logger.ts';

/** How often to look for dead workers. Adds to the time until their posts run again. */
const lookIntervalMs = 1_000;
/** How often to check for missing jobs and stray calls, which costs more and is hardly ever needed. */
const mendIntervalMs = 30_000;

export type Recovery = { start(): void; stop(): Promise<void> };

/**
 * Puts runs of dead workers back in the queue, and every half minute repairs jobs and calls that no worker owns.
 *
 * @param deps.takeOver takes over work of the release before this one. @returns how much.
 */
export function createRecovery(deps: {
  runs: RunRecovery;
  takeOver: () => Promise<number>;
  logger: Logger;
}): Recovery {
  const { runs, takeOver, logger } = deps;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> | undefined;
  let isStopped = false;
  let mendedAt = Number.NEGATIVE_INFINITY;

  async function look(): Promise<void> {
    const dead = await runs.findDead();
    if (dead.length > 0) {
      const { recovered, abandoned } = await runs.recover(dead);
      if (recovered > 0) logger.warn({ runs: recovered }, 'runs of dead workers were put back');
      if (abandoned > 0)
        logger.error({ runs: abandoned }, 'runs failed: their workers died with them too often');
    }
    if (performance.now() - mendedAt < mendIntervalMs) return;
    mendedAt = performance.now();
    const restored = await runs.restoreJobs();
    if (restored > 0) logger.warn({ runs: restored }, 'runs without a job got a new one');
    const closed = await runs.closeStrayCalls();
    if (closed > 0) logger.warn({ calls: closed }, 'calls closed that nobody waits for');
    const taken = await takeOver();
    if (taken === 0) return;
    logger.info({ posts: taken }, 'posts of the release before were taken over');
    // There may be more.
    mendedAt = Number.NEGATIVE_INFINITY;
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
