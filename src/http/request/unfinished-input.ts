import { setImmediate } from 'node:timers/promises';

/** The source of incomplete input: a request body or a WebSocket message. */
export type Source = {
  /** The client's network. */
  readonly network: string;
  /** Aborts the input. */
  cut(why: CutReason): void;
};

/**
 * `slow`: the input took too long. `crowded`: its network exceeds its share and this is its largest input, or all networks
 * together exceed the limit and this is the oldest input.
 */
export type CutReason = 'slow' | 'crowded';

/** Limits the time and memory of input that is not complete or not parsed yet, over all clients. */
export type UnfinishedInput = {
  /** Sets the memory of a source's input. @param bytes 0 when the input was parsed or dropped. */
  hold(source: Source, bytes: number): void;
  /** Waits until a large input may be parsed: one in each pass of the event loop. */
  turn(): Promise<void>;
  /** Stops the search for slow input. */
  stop(): void;
};

/** Input from this size on takes milliseconds to parse and must wait for `turn`. */
export const largeBytes = 64 * 1024;

/** The longest time from the first byte of input to its last. */
const maxDurationMs = 30_000;
const checkEveryMs = 1_000;

/**
 * Creates the limits of one process.
 *
 * @param limits.maxBytes the most bytes of all clients together.
 * @param limits.maxBytesPerNetwork the most bytes of one network, so that no client can block all others.
 */
export function createUnfinishedInput(limits: {
  maxBytes: number;
  maxBytesPerNetwork: number;
}): UnfinishedInput {
  // In order of arrival.
  const held = new Map<Source, { bytes: number; since: number }>();
  const byNetwork = new Map<string, number>();
  let total = 0;

  function hold(source: Source, bytes: number): void {
    const known = held.get(source);
    const more = bytes - (known?.bytes ?? 0);
    const ofNetwork = (byNetwork.get(source.network) ?? 0) + more;
    total += more;
    if (ofNetwork === 0) byNetwork.delete(source.network);
    else byNetwork.set(source.network, ofNetwork);
    if (bytes === 0) held.delete(source);
    else if (known === undefined) held.set(source, { bytes, since: performance.now() });
    else known.bytes = bytes;
    if (more > 0 && ofNetwork > limits.maxBytesPerNetwork) cutLargest(source.network);
    else if (total > limits.maxBytes) cutOldest('crowded');
  }

  /** Cuts the largest input, so that a client that fills its network's share cannot have small input of others cut. */
  function cutLargest(network: string): void {
    let largest: Source | undefined;
    let most = 0;
    for (const [source, { bytes }] of held) {
      if (source.network !== network || bytes <= most) continue;
      largest = source;
      most = bytes;
    }
    if (largest !== undefined) cut(largest, 'crowded');
  }

  function cutOldest(why: CutReason): void {
    const [oldest] = held.keys();
    if (oldest !== undefined) cut(oldest, why);
  }

  function cut(source: Source, why: CutReason): void {
    hold(source, 0);
    source.cut(why);
  }

  const timer = setInterval(() => {
    const tooOld = performance.now() - maxDurationMs;
    for (const { since } of held.values()) {
      if (since > tooOld) return;
      cutOldest('slow');
    }
  }, checkEveryMs).unref();

  let lastTurn = Promise.resolve();

  return {
    hold,
    turn: () => (lastTurn = lastTurn.then(() => setImmediate())),
    stop: () => clearInterval(timer),
  };
}
