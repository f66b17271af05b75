import { setImmediate } from 'node:timers/promises';

/** Where input comes from: a request's body or a WebSocket's message that is not complete. */
export type Source = {
  /** Ends it. */
  cut(why: CutReason): void;
};

/** `slow`: its time is over. `crowded`: all of them together take too much memory, and it is the oldest. */
export type CutReason = 'slow' | 'crowded';

/** Bounds what the input of all clients takes until it is parsed, in time and memory. */
export type UnfinishedInput = {
  /** @param bytes that the input of a source takes now; 0 when it is parsed or gone. */
  hold(source: Source, bytes: number): void;
  /** Resolves for one input after another, once in a pass of the event loop: large ones are parsed in turn. */
  turn(): Promise<void>;
  /** Stops to look for slow ones. */
  stop(): void;
};

/** How long input may take from its first byte to its last. */
const patienceMs = 30_000;
const lookEveryMs = 1_000;

/**
 * @param maxBytes of all incomplete input of this process.
 */
export function createUnfinishedInput(maxBytes: number): UnfinishedInput {
  // The oldest comes first.
  const held = new Map<Source, { bytes: number; since: number }>();
  let total = 0;

  function hold(source: Source, bytes: number): void {
    const known = held.get(source);
    total += bytes - (known?.bytes ?? 0);
    if (bytes === 0) held.delete(source);
    else if (known === undefined) held.set(source, { bytes, since: performance.now() });
    else known.bytes = bytes;
    if (total > maxBytes) cutOldest('crowded');
  }

  function cutOldest(why: CutReason): void {
    const [oldest] = held.keys();
    if (oldest === undefined) return;
    hold(oldest, 0);
    oldest.cut(why);
  }

  const timer = setInterval(() => {
    const tooOld = performance.now() - patienceMs;
    for (const { since } of held.values()) {
      if (since > tooOld) return;
      cutOldest('slow');
    }
  }, lookEveryMs).unref();

  let lastTurn = Promise.resolve();

  return {
    hold,
    turn: () => (lastTurn = lastTurn.then(() => setImmediate())),
    stop: () => clearInterval(timer),
  };
}
