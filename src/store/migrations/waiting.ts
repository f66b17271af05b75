import { setTimeout as delay } from 'node:timers/promises';
import { explained, MigrationError } from './failures.ts';

/** How long one attempt waits for a lock, in ms. Others queue up behind it meanwhile. */
export const lockTimeoutMs = 5_000;

/** What only waits for a lock is answered within this time, unless the database cannot be reached any more. */
export const answerMs = lockTimeoutMs + 5_000;

/** How long to wait in all while others keep the database locked. */
const patienceMs = 10 * 60_000;

/**
 * Tries again while the database says that somebody else holds a lock.
 *
 * @param tell told every few seconds, in one line, that it waits.
 * @param pauseMs how long to wait after an attempt that failed so.
 */
export async function whenUnlocked(
  name: string,
  tell: (line: string) => void,
  pauseMs: (error: Locked) => number,
  attempt: () => Promise<void>,
): Promise<void> {
  const startedAt = performance.now();
  let toldAt = startedAt;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const waitedMs = performance.now() - startedAt;
      if (!isLocked(error)) throw explained(name, error);
      if (waitedMs > patienceMs) {
        throw new MigrationError(
          `The migration ${name} waited ten minutes for others that use the database. pg_stat_activity and pg_locks ` +
            'say who they are. Start Pressrun again when they are done.',
        );
      }
      if (performance.now() - toldAt >= lockTimeoutMs) {
        tell(
          `Waiting for others to let go of the database, to apply ${name} (${Math.round(waitedMs / 1000)} s) …`,
        );
        toldAt = performance.now();
      }
      await delay(pauseMs(error));
    }
  }
}

/** Nobody queues up behind what asks whether it is its turn to migrate. */
export const shortPause = () => 250;

/**
 * Behind an attempt that waited for a table, its readers queued up: they are served before the next one. A deadlock is
 * over with the attempt that was chosen to end it.
 */
export function pauseAfter({ code }: Locked): number {
  return code === deadlock ? 1_000 : 3_000 + Math.random() * 3_000;
}

const lockNotAvailable = '55P03';
const deadlock = '40P01';

type Locked = Error & { code: unknown };

function isLocked(error: unknown): error is Locked {
  return (
    error instanceof Error && 'code' in error && (error.code === lockNotAvailable || error.code === deadlock)
  );
}
