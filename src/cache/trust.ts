import type { Bus } from '../events/bus.ts';
import { cacheTopic, type CacheMessage } from '../events/topics.ts';

/**
 * Whether this instance hears what others change. It does while messages come, and there is one at least five times
 * a second. What is kept while they stay away is not believed, and forgotten.
 */
export type Trust = {
  isGiven(): boolean;
  /** Others could not be told of a change: all are told to forget everything, as soon as that works. */
  owe(): void;
  stop(): void;
};

const tickMs = 100;
/** Silence after which somebody speaks. */
const quietMs = 200;
/** Silence after which nothing is believed. */
const deafMs = 500;
/** After such a silence: what was sent meanwhile comes first, but those who sent it may have been held up themselves. */
const afterSilenceMs = 1_000;
/** After a loss of the connection: as long as others take at most to come back (store/redis.ts: a try every second). */
const afterLossMs = 3_000;

/**
 * @param deps.hear is given what others tell.
 * @param deps.forget is called where what is kept may be wrong.
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
  /** What Redis keeps may be wrong: it is from before this instance came, or Redis may have lost what was touched. */
  let owesReset = true;
  let isResetting = false;

  const isDeaf = () => performance.now() - heardAt > deafMs;

  function doubt(ms: number): void {
    believesFrom = Math.max(believesFrom, performance.now() + ms);
    forget();
  }

  async function payReset(): Promise<void> {
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
    if (isDeaf()) doubt(afterSilenceMs);
    void payReset();
    if (performance.now() - heardAt > quietMs) bus.publish(cacheTopic, { kind: 'beat' });
  }

  const leave = await bus.subscribe(cacheTopic, (signal) => {
    if (signal.kind === 'lost') {
      owesReset = true;
      return doubt(afterLossMs);
    }
    heardAt = performance.now();
    hear(signal.message);
  });
  await payReset();
  const ticking = setInterval(tick, tickMs).unref();
  return {
    isGiven: () => !owesReset && !isResetting && !isDeaf() && performance.now() >= believesFrom,
    owe() {
      owesReset = true;
      forget();
    },
    stop() {
      clearInterval(ticking);
      leave();
    },
  };
}
