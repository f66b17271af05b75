import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** How long to wait before giving up; three minutes by default: a condition that comes about costs nothing, and machines are busy. */
  readonly deadlineMs?: number;
  /** Pause between two looks; 10 ms by default. */
  readonly intervalMs?: number;
}

/**
 * Looks again and again until `condition` holds. `what` completes the sentence "Waited 180000 ms for …".
 * Rejects when the deadline has passed, and at once when `condition` itself throws. `condition` must not hang:
 * the deadline is looked at between two calls of it.
 */
export async function waitUntil(
  what: string,
  condition: Condition,
  options: WaitOptions = {},
): Promise<void> {
  const { deadlineMs = defaultDeadlineMs } = options;
  if (!Number.isFinite(await msUntil(condition, options)))
    throw new Error(`Waited ${deadlineMs} ms for ${what}`);
}

/** Waits as `waitUntil` does. @returns how long that took, in ms; infinite where the deadline passed. */
export async function msUntil(
  condition: Condition,
  { deadlineMs = defaultDeadlineMs, intervalMs = 10 }: WaitOptions = {},
): Promise<number> {
  const startedAt = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAt > deadlineMs) return Number.POSITIVE_INFINITY;
    await delay(intervalMs);
  }
  return performance.now() - startedAt;
}

type Condition = () => boolean | Promise<boolean>;
const defaultDeadlineMs = 180_000;
