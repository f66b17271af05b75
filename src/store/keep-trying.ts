import { setTimeout as delay } from 'node:timers/promises';
import { RetryableError } from '../domain/errors/errors.ts';

/** Much longer than a failover takes. */
const fiveMinutesMs = 5 * 60_000;

/**
 * Retries a write while the database is away: about twice a second, for five minutes by default. For results that are paid
 * for. The write must be idempotent.
 *
 * @param options.forMs after this time a failure is final. @param options.pauseMs mean time between two attempts.
 * @param options.signal ends it between two attempts, with its reason.
 * @throws RetryableError when the time is over; any other error at once.
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
    // Random, so that callers do not retry all at once. Does not keep the process alive.
    const pause = delay(pauseMs * (0.5 + Math.random()), undefined, {
      ref: false,
      ...(signal && { signal }),
    });
    await pause.catch(() => signal?.throwIfAborted());
  }
}

/** Retries a read for a subscriber, for three seconds. After that the subscriber can resume from its cursor. */
export function keepReading<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return keepTrying(read, { forMs: 3_000, pauseMs: 300, signal });
}
