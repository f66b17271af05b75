import { setTimeout as delay } from 'node:timers/promises';
import { RetryableError } from '../domain/errors/errors.ts';

/** A failover is long over by then. */
const fiveMinutesMs = 5 * 60_000;

/**
 * Runs a write again and again while the database is away: about twice a second, for five minutes, however long an attempt
 * takes. For what must not be lost, because it was paid for; so it must be right to write it twice.
 *
 * @param options.signal ends it between two attempts, with its reason.
 * @throws RetryableError of the first attempt that failed after that time; any other error at once.
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
      if (!(error instanceof RetryableError) || performance.now() >= deadline) throw error;
    }
    // Not all at the same time; and a process that ends does not wait for it.
    const pause = delay(pauseMs * (0.5 + Math.random()), undefined, {
      ref: false,
      ...(signal && { signal }),
    });
    await pause.catch(() => signal?.throwIfAborted());
  }
}

/** The same for what a subscriber waits for: for three seconds. Then it may come back and resume behind its cursor. */
export function keepReading<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return keepTrying(read, { forMs: 3_000, pauseMs: 300, signal });
}
