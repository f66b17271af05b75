import { setImmediate } from 'node:timers/promises';

/** Where input comes from: a request's body or a WebSocket's message that is not complete. */
export type Source = {
  /** The client's network. */
  readonly network: string;
  /** Ends it. */
  cut(why: CutReason): void;
};

/**
 * `slow`: its time is over. `crowded`: its network has more than it may and this is the largest part of it, or all
 * networks together have too much and this is the oldest.
 */
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

/** From here on input takes milliseconds to parse, and waits for its turn. */
export const largeBytes = 64 * 1024;

/** How long input may take from its first byte to its last. */
const patienceMs = 30_000;
const lookEveryMs = 1_000;

/**
 * @param limits.maxBytes of all clients of this process.
 * @param limits.maxBytesPerNetwork so that no client takes the place of all others.
 */
export function createUnfinishedInput(limits: {
  maxBytes: number;
  maxBytesPerNetwork: number;
}): UnfinishedInput {
  // The oldest comes first.
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

  /** Small input is never in the way, so nobody can have that of others cut by filling up what the network may have. */
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
