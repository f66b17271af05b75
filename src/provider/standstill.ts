import type { WaitReason } from '../domain/errors/provider-errors.ts';
import type { OutageBoard } from './outages.ts';

/** If all calls are refused for this long, the board says that the provider limits our rate. */
const refusedAfterMs = 3_000;
const checkEveryMs = 1_000;
/** How long a report holds unless it is repeated. */
const holdsMs = 3_000;

/** Watches for a provider that answers no call. */
export type Standstill = {
  /**
   * Records that a call is sent.
   *
   * @param slowMs the provider is slow if no call is answered for this long.
   * @returns a function to call when the call has ended, with or without success.
   */
  sent(slowMs: number): () => void;
  /** Records that a call was answered: the provider works. */
  answered(): void;
  /** Records that a call was rate-limited, and that no call is sent for `pauseMs`. */
  refused(pauseMs: number): void;
};

/** Reports an outage while calls are sent and none is answered, so that users see what batches wait for. */
export function watchStandstill(outages: Pick<OutageBoard, 'report' | 'clear'>): Standstill {
  const waiting = new Set<{ sentAt: number; slowMs: number }>();
  let answeredAt = performance.now();
  let isReported = false;
  let timer: NodeJS.Timeout | undefined;

  function report(code: WaitReason, ms: number): void {
    isReported = true;
    outages.report(code, ms);
  }

  function check(): void {
    const now = performance.now();
    if (waiting.size === 0) {
      clearInterval(timer);
      timer = undefined;
    } else if ([...waiting].some(({ sentAt, slowMs }) => now - Math.max(sentAt, answeredAt) > slowMs)) {
      report('PROVIDER_SLOW', checkEveryMs + holdsMs);
    }
  }

  return {
    sent(slowMs) {
      const call = { sentAt: performance.now(), slowMs };
      waiting.add(call);
      timer ??= setInterval(check, checkEveryMs).unref();
      return () => void waiting.delete(call);
    },
    answered() {
      answeredAt = performance.now();
      if (isReported) outages.clear();
      isReported = false;
    },
    refused(pauseMs) {
      if (performance.now() + pauseMs - answeredAt > refusedAfterMs) {
        report('PROVIDER_RATE_LIMITED', pauseMs + holdsMs);
      }
    },
  };
}
