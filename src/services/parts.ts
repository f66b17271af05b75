import { setTimeout as delay } from 'node:timers/promises';

/**
 * Does a large piece of work in short transactions. After each part it rests as long as the part took, so that at least
 * half of the database's time is everybody else's.
 *
 * @param part does the next part. @returns whether there may be more.
 * @param signal ends it between two parts.
 */
export async function inParts(part: () => Promise<boolean>, signal?: AbortSignal): Promise<void> {
  for (;;) {
    const startedAt = performance.now();
    if (signal?.aborted === true || !(await part())) return;
    await delay(performance.now() - startedAt);
  }
}
