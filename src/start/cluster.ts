import cluster, { type Worker } from 'node:cluster';
import type { Logger } from '../telemetry/logger.ts';

/** The pause before a dead process is replaced: at first, and at most. A process that lived longer than `wellAfterMs` resets it. */
const firstPauseMs = 100;
const longestPauseMs = 10_000;
const wellAfterMs = 30_000;

/**
 * Runs this program in several processes on one port. Each has its own connections and memory. A process that dies is
 * replaced. SIGTERM and SIGINT stop all of them.
 *
 * @returns when all have ended: 0, or the exit code of the first process if it could not start.
 */
export function runCluster(size: number, logger: Logger): Promise<number> {
  const waiting = new Set<NodeJS.Timeout>();
  const { promise: over, resolve: end } = Promise.withResolvers<number>();
  let isUp = false;
  let isStopping = false;
  let pauseMs = firstPauseMs;

  function start(): void {
    const startedAt = performance.now();
    const worker = cluster.fork();
    const { pid } = worker.process;
    logger.info({ pid }, 'process started');
    worker.once('listening', () => {
      if (isUp) return;
      isUp = true;
      for (let count = 1; count < size; count += 1) start();
    });
    worker.once('exit', (code, signal) => {
      if (isStopping) return endIfAlone();
      // The process has printed the reason.
      if (!isUp) return end(code === 0 ? 1 : code);
      if (performance.now() - startedAt > wellAfterMs) pauseMs = firstPauseMs;
      logger.error({ pid, code, signal, pauseMs }, 'process died; another one follows');
      const timer = setTimeout(() => {
        waiting.delete(timer);
        start();
      }, pauseMs);
      waiting.add(timer);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    });
  }

  function endIfAlone(): void {
    if (workers().length === 0) end(0);
  }

  // Passes each signal on: a second one stops the processes at once. They ignore SIGINT, which a terminal sends to all of them.
  function stop(signal: NodeJS.Signals): void {
    isStopping = true;
    logger.info({ signal }, 'stopping all processes');
    for (const timer of waiting) clearTimeout(timer);
    for (const worker of workers()) worker.process.kill('SIGTERM');
    endIfAlone();
  }

  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // The first one starts alone: it migrates the database, and reports wrong settings once.
  start();
  return over;
}

function workers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}
