import type { Bus } from '../events/bus.ts';
import { cacheTopic, type CacheMessage } from '../events/topics.ts';

/**
 * Whether this instance hears of the changes of others. The feed is healthy while messages arrive, which happens at least
 * five times a second. While it is not, cached values must not be used, and are forgotten.
 */
export type FeedHealth = {
  isHealthy(): boolean;
  /** A change could not be published. All instances are told to forget everything, as soon as that works. */
  requireReset(): void;
  stop(): void;
};

const tickMs = 100;
/** After this silence, this instance sends a beat. */
const quietMs = 200;
/** After this silence, the feed is unhealthy. */
const silentMs = 500;
/** The feed stays unhealthy this long after a silence: senders may have been held up as well. */
const afterSilenceMs = 1_000;
/** The feed stays unhealthy this long after a lost connection: others need time to reconnect (store/redis.ts: every second). */
const afterLossMs = 3_000;

/**
 * Watches the messages between caches.
 *
 * @param deps.hear called with each message.
 * @param deps.forget called when cached values may be wrong.
 * @param deps.reset tells all instances to forget everything; rejects if it cannot.
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
  /** Redis may hold wrong values: from before this instance's start, or because it missed touched tags. */
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
