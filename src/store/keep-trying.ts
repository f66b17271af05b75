import { setTimeout as delay } from 'node:timers/promises';
import { ServiceUnavailableError } from '../domain/errors/errors.ts';

/** A failover is long over by then. */
const fiveMinutesMs = 5 * 60_000;

/**
 * Runs a write again and again while the database is away: twice a second, for five minutes, however long an attempt
 * takes. For what must not be lost, because it was paid for; so it must be right to write it twice.
 *
 * @param options.signal ends it between two attempts, with its reason.
 * @throws ServiceUnavailableError of the first attempt that failed after that time; any other error at once.
 */
export async function keepTrying<T>(
  write: () => Promise<T>,
  {
    forMs = fiveMinutesMs,
    pauseMs = 500,
    signal,
  }: { forMs?: number; pauseMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const deadline = performance.now() + forMs;
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof ServiceUnavailableError) || performance.now() >= deadline) throw error;
    }
    // A process that ends does not wait for it.
    await delay(pauseMs, undefined, { ref: false });
    signal?.throwIfAborted();
  }
}
