import type { Bus } from '../events/bus.ts';
import { cacheTopic, type CacheMessage } from '../events/topics.ts';

/**
 * Whether this instance hears what others change. The feed is healthy while messages come, of which there is one at
 * least five times a second. While it is not, nothing that is kept is given, and all of it is forgotten.
 */
export type FeedHealth = {
  isHealthy(): boolean;
  /** Others could not be told of a change: all are told to forget everything, as soon as that works. */
  requireReset(): void;
  stop(): void;
};

const tickMs = 100;
/** Silence after which this instance sends a beat. */
const quietMs = 200;
/** Silence after which the feed is unhealthy. */
const silentMs = 500;
/** Time to recover from a silence: what was sent meanwhile comes first, but its senders may have been held up as well. */
const afterSilenceMs = 1_000;
/** Time to recover from a lost connection: others take as long to come back (store/redis.ts: a try every second). */
const afterLossMs = 3_000;

/**
 * @param deps.hear is given what others tell.
 * @param deps.forget is called when what is kept may be wrong.
 * @param deps.reset tells all instances to forget everything; rejects when it cannot.
 */
export async function watchFeed(deps: {
  bus: Bus;
  hear: (message: CacheMessage) => void;
  forget: () => void;
  reset: () => Promise<void>;
}): Promise<FeedHealth> {
  const { bus, hear, forget, reset } = deps;
  let heardAt = performance.now();
  let healthyFrom = 0;
  /** What Redis keeps may be wrong: it is older than this instance, or Redis may have lost what was touched. */
  let needsReset = true;
  let isResetting = false;

  const isSilent = () => performance.now() - heardAt > silentMs;

  function recoverFor(ms: number): void {
    healthyFrom = Math.max(healthyFrom, performance.now() + ms);
    forget();
  }

  async function resetIfNeeded(): Promise<void> {
    if (!needsReset || isResetting) return;
    isResetting = true;
    needsReset = false;
    try {
      await reset();
    } catch {
      needsReset = true;
    } finally {
      isResetting = false;
    }
  }

  function tick(): void {
    if (isSilent()) recoverFor(afterSilenceMs);
    void resetIfNeeded();
    if (performance.now() - heardAt > quietMs) bus.publish(cacheTopic, { kind: 'beat' });
  }

  const leave = await bus.subscribe(cacheTopic, (signal) => {
    if (signal.kind === 'lost') {
      needsReset = true;
      return recoverFor(afterLossMs);
    }
    heardAt = performance.now();
    hear(signal.message);
  });
  await resetIfNeeded();
  const ticking = setInterval(tick, tickMs).unref();
  return {
    isHealthy: () => !needsReset && !isResetting && !isSilent() && performance.now() >= healthyFrom,
    requireReset() {
      needsReset = true;
      forget();
    },
    stop() {
      clearInterval(ticking);
      leave();
    },
  };
}
