import { setTimeout as delay } from 'node:timers/promises';
import { ServiceUnavailableError } from '../../domain/errors/errors.ts';

/** How long the rest after a part is, in multiples of the part's own time. */
const restsPerPart = 3;

/**
 * Does large work in short parts. Rests after each part, so that it takes at most a quarter of the database's time.
 *
 * @param part does the next part and returns whether there may be more.
 * @param signal ends the work between two parts.
 */
export async function inParts(part: () => Promise<boolean>, signal?: AbortSignal): Promise<void> {
  for (;;) {
    const startedAt = performance.now();
    if (signal?.aborted === true || !(await part())) return;
    await rest(restsPerPart * (performance.now() - startedAt), signal);
  }
}

/** How long a request itself works on a deletion. */
const requestMs = 10_000;

/** Does the parts of a deletion that has begun, for 10 s at most. Workers do what is left, also if the database goes away. */
export async function beginInParts(part: () => Promise<boolean>): Promise<void> {
  await inParts(part, AbortSignal.timeout(requestMs)).catch((error: unknown) => {
    if (!(error instanceof ServiceUnavailableError)) throw error;
  });
}

async function rest(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (signal?.aborted !== true) throw error;
  });
}
