import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** How long to wait before giving up; 60 seconds by default: a condition that comes about costs nothing, and machines are busy. */
  readonly deadlineMs?: number;
  /** Pause between two looks; 10 ms by default. */
  readonly intervalMs?: number;
}

/**
 * Looks again and again until `condition` holds. `what` completes the sentence "Waited 60000 ms for …".
 * Rejects when the deadline has passed, and at once when `condition` itself throws. `condition` must not hang:
 * the deadline is looked at between two calls of it.
 */
export async function waitUntil(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { deadlineMs = 60_000, intervalMs = 10 }: WaitOptions = {},
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited ${deadlineMs} ms for ${what}`);
    await delay(intervalMs);
  }
}
