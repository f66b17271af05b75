import cluster, { type Worker } from 'node:cluster';
import type { Logger } from '../telemetry/logger.ts';

/** How long a new process waits after one that died: at first, and at most. One that lived longer than `wellAfterMs` was well. */
const firstPauseMs = 100;
const longestPauseMs = 10_000;
const wellAfterMs = 30_000;

/**
 * Runs this program in several processes on one port. Each is an instance of its own, with its own connections and
 * memory; one that dies is followed by another. SIGTERM and SIGINT stop all of them as they stop one.
 *
 * @returns when all have ended: 0, or the exit code of the first one when it could not even start.
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
      // It has said why.
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

  // Each signal is handed on: a second one stops the processes at once. They ignore SIGINT, which a terminal sends to all.
  function stop(signal: NodeJS.Signals): void {
    isStopping = true;
    logger.info({ signal }, 'stopping all processes');
    for (const timer of waiting) clearTimeout(timer);
    for (const worker of workers()) worker.process.kill('SIGTERM');
    endIfAlone();
  }

  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // One alone at first: it migrates the database, and says once what is wrong with the settings.
  start();
  return over;
}

function workers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}
