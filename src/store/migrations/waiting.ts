import { setTimeout as delay } from 'node:timers/promises';
import { explained, MigrationError } from './failures.ts';

/** How long one attempt waits for a lock, in ms. Other statements queue behind it meanwhile. */
export const lockTimeoutMs = 5_000;

/** A statement that at most waits for a lock is answered within this time, in ms, unless the connection is lost. */
export const answerMs = lockTimeoutMs + 5_000;

/** How long to try in all while others keep the database locked. */
const maxWaitMs = 10 * 60_000;

/**
 * Runs `attempt` again while others hold a lock that it needs.
 *
 * @param name of the migration, for messages.
 * @param tell gets a line every few seconds while it waits.
 * @param pauseMs the pause after a failed attempt, in ms.
 * @throws MigrationError after ten minutes, or if the attempt fails for another reason.
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
      if (waitedMs > maxWaitMs) {
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

/** The pause while another process migrates, in ms. Short, because no statement queues behind the check. */
export const shortPause = () => 250;

/**
 * The pause after an attempt that waited for a table, in ms. Lets statements that queued behind it run. After a deadlock it
 * is shorter.
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
