import type { OutageBoard } from './outages.ts';

/** If all calls are refused for this long, the board says that the provider limits our rate. */
const refusedAfterMs = 3_000;
const lookEveryMs = 1_000;
/** How long a report holds unless it is repeated. */
const holdsMs = 3_000;

export type Standstill = {
  /**
   * Tells that a call goes out.
   *
   * @param slowMs the provider is slow if no call is answered for this long.
   * @returns a function to call when the call has ended, with or without success.
   */
  sent(slowMs: number): () => void;
  /** Tells that a call was answered: the provider works. */
  answered(): void;
  /** Tells that a call was rate-limited, and that no call goes out for `pauseMs`. */
  refused(pauseMs: number): void;
};

/** Reports to the board while calls go out and none is answered, so that everybody sees what batches wait for. */
export function watchStandstill(outages: Pick<OutageBoard, 'report' | 'clear'>): Standstill {
  const waiting = new Set<{ sentAt: number; slowMs: number }>();
  let answeredAt = performance.now();
  let isTold = false;
  let timer: NodeJS.Timeout | undefined;

  function tell(code: string, ms: number): void {
    isTold = true;
    outages.report(code, ms);
  }

  function look(): void {
    const now = performance.now();
    if (waiting.size === 0) {
      clearInterval(timer);
      timer = undefined;
    } else if ([...waiting].some(({ sentAt, slowMs }) => now - Math.max(sentAt, answeredAt) > slowMs)) {
      tell('PROVIDER_SLOW', lookEveryMs + holdsMs);
    }
  }

  return {
    sent(slowMs) {
      const call = { sentAt: performance.now(), slowMs };
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
