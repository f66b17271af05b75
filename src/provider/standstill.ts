import type { OutageBoard } from './outages.ts';

/** All is refused for so long, or will be: it is told that the provider limits our rate. */
const refusedAfterMs = 3_000;
const lookEveryMs = 1_000;
/** How long what was told holds where it is not told again. */
const holdsMs = 3_000;

export type Standstill = {
  /**
   * A call goes out.
   *
   * @param slowMs where no call has been answered for so long meanwhile, the provider is slow.
   * @returns to be called when the call has ended, however it did.
   */
  sent(slowMs: number): () => void;
  /** A call was answered: the provider works. */
  answered(): void;
  /** A call was refused for its rate, and no other is made for so many ms. */
  refused(pauseMs: number): void;
};

/** Tells the board while calls are made and none is answered, so that everybody sees what batches wait for. */
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
