import type { PostRecovery } from '../services/post-recovery.ts';
import type { Logger } from '../telemetry/logger.ts';

const intervalMs = 30_000;

export type Recovery = { start(): void; stop(): Promise<void> };

/** Mends at the start, and every half minute, what no single worker can. */
export function createRecovery(deps: { posts: PostRecovery; logger: Logger }): Recovery {
  const { posts, logger } = deps;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> | undefined;
  let isStopped = false;

  async function mend(): Promise<void> {
    const abandoned = await posts.failAbandoned();
    if (abandoned > 0)
      logger.error({ posts: abandoned }, 'posts failed: their workers stopped with them too often');
    const restored = await posts.restoreJobs();
    if (restored > 0) logger.warn({ posts: restored }, 'posts without a job got a new one');
  }

  function run(): void {
    current = mend()
      .catch((error: unknown) => logger.warn({ err: error }, 'recovery failed; trying again'))
      .finally(() => {
        if (!isStopped) timer = setTimeout(run, intervalMs);
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
