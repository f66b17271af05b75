import type { OutageBoard } from './outages.ts';

/** Calls wait, and none has been answered for so long: it is told that the provider is slow. */
const slowAfterMs = 10_000;
/** All is refused for so long, or will be: it is told that the provider limits our rate. */
const refusedAfterMs = 3_000;
const lookEveryMs = 1_000;
/** How long what was told holds where it is not told again. */
const holdsMs = 3_000;

export type Standstill = {
  /** @returns to be called when the call has ended, however it did. */
  sent(): () => void;
  /** A call was answered: the provider works. */
  answered(): void;
  /** A call was refused for its rate, and no other is made for so many ms. */
  refused(pauseMs: number): void;
};

/** Tells the board while calls are made and none is answered, so that everybody sees what batches wait for. */
export function watchStandstill(outages: Pick<OutageBoard, 'report' | 'clear'>): Standstill {
  const waiting = new Set<{ sentAt: number }>();
  let answeredAt = performance.now();
  let isTold = false;
  let timer: NodeJS.Timeout | undefined;

  function tell(code: string, ms: number): void {
    isTold = true;
    outages.report(code, ms);
  }

  function look(): void {
    const [oldest] = waiting;
    if (oldest === undefined) {
      clearInterval(timer);
      timer = undefined;
    } else if (performance.now() - Math.max(oldest.sentAt, answeredAt) > slowAfterMs) {
      tell('PROVIDER_SLOW', lookEveryMs + holdsMs);
    }
  }

  return {
    sent() {
      const call = { sentAt: performance.now() };
      waiting.add(call);
      timer ??= setInterval(look, lookEveryMs).unref();
      return () => void waiting.delete(call);
    },
    answered() {
      answeredAt = performance.now();
      if (isTold) outages.clear();
      isTold = false;
    },
    refused(pauseMs) {
      if (performance.now() + pauseMs - answeredAt > refusedAfterMs) {
        tell('PROVIDER_RATE_LIMITED', pauseMs + holdsMs);
      }
    },
  };
}
