import { setTimeout as delay } from 'node:timers/promises';

const restsPerPart = 3;

/**
 * Does a large piece of work in short transactions. After each part it rests three times as long as the part took, so
 * that at least three quarters of an embedded database's time are everybody else's.
 *
 * @param part does the next part. @returns whether there may be more.
 * @param signal ends it between two parts, at once.
 */
export async function inParts(part: () => Promise<boolean>, signal?: AbortSignal): Promise<void> {
  for (;;) {
    const startedAt = performance.now();
    if (signal?.aborted === true || !(await part())) return;
    await rest(restsPerPart * (performance.now() - startedAt), signal);
  }
}

async function rest(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (signal?.aborted !== true) throw error;
  });
}
