import type { Bus } from '../events/bus.ts';
import { cacheTopic, type CacheMessage } from '../events/topics.ts';

/**
 * Whether this instance hears what others change. It does while messages come, and there is one at least five times
 * a second. When they stay away or the bus says that some were lost, nothing is believed any more until Redis is
 * back for a while: the others need as long to come back and tell what they have changed meanwhile.
 */
export type Trust = {
  isGiven(): boolean;
  /** Something that others should have been told was not: all are told to forget everything, as soon as that works. */
  lose(): void;
  stop(): void;
};

const tickMs = 100;
/** Silence after which somebody speaks. */
const quietMs = 200;
/** Silence after which nothing is believed. */
const deafMs = 500;
/** How long instances take at most to come back to a Redis that is there again (store/redis.ts: a try every second). */
const quarantineMs = 3_000;

/**
 * @param deps.hear is given what others tell.
 * @param deps.forget is called when trust is lost.
 * @param deps.reset tells all instances to forget everything; rejects where it cannot.
 */
export async function openTrust(deps: {
  bus: Bus;
  hear: (message: CacheMessage) => void;
  forget: () => void;
  reset: () => Promise<void>;
}): Promise<Trust> {
  const { bus, hear, forget, reset } = deps;
  let heardAt = performance.now();
  let believesFrom = 0;
  /** What was kept before this instance came, or while it was away, may be wrong. */
  let owesReset = true;
  let isResetting = false;

  const isDeaf = () => performance.now() - heardAt > deafMs;
  const isGiven = () => !owesReset && !isResetting && !isDeaf() && performance.now() >= believesFrom;

  function lose(): void {
    owesReset = true;
    believesFrom = performance.now() + quarantineMs;
    forget();
  }

  async function mend(): Promise<void> {
    if (!owesReset || isResetting) return;
    isResetting = true;
    owesReset = false;
    try {
      await reset();
    } catch {
      owesReset = true;
    } finally {
      isResetting = false;
    }
  }

  function tick(): void {
    if (isDeaf() && !owesReset) lose();
    void mend();
    if (performance.now() - heardAt > quietMs) bus.publish(cacheTopic, { kind: 'beat' });
  }

  const leave = await bus.subscribe(cacheTopic, (signal) => {
    if (signal.kind === 'lost') return lose();
    heardAt = performance.now();
    hear(signal.message);
  });
  await mend();
  const ticking = setInterval(tick, tickMs).unref();
  return {
    isGiven,
    lose,
    stop() {
      clearInterval(ticking);
      leave();
    },
  };
}
