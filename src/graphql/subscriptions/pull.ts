import type { SharedResult, Sink } from './audience.ts';
import type { Subscription } from './subscriber.ts';

/** Results that may wait for a subscriber who pulls; more are read from the log when it is ready. */
const maxQueued = 64;

/** The same for transports that pull. @throws GraphQLError where the subscription cannot go on. */
export async function* pull(subscription: Subscription): AsyncGenerator<SharedResult, void, undefined> {
  let queue: SharedResult[] = [];
  let isOver = false;
  let onMore: (() => void) | undefined;
  let onDrained: (() => void) | undefined;
  const sink: Sink = {
    push(result) {
      if (queue.length >= maxQueued) return false;
      queue.push(result);
      onMore?.();
      return true;
    },
    drained: () =>
      queue.length < maxQueued || isOver
        ? Promise.resolve()
        : new Promise((resolve) => (onDrained = resolve)),
  };
  const delivered = subscription.deliver(sink).finally(() => {
    isOver = true;
    onMore?.();
  });
  // Told to whoever pulls, at the end.
  delivered.catch(() => undefined);
  try {
    for (;;) {
      const taken = queue;
      queue = [];
      onDrained?.();
      yield* taken;
      if (queue.length > 0) continue;
      if (isOver) return;
      await new Promise<void>((resolve) => (onMore = resolve));
    }
  } finally {
    isOver = true;
    subscription.leave();
    onDrained?.();
    await delivered;
  }
}

/**
 * An async generator that waits for its next value does not hear `return()` until it comes; a subscriber who
 * leaves must not be waited for.
 */
export function endingWith<T>(
  generator: AsyncGenerator<T, void, undefined>,
  onEnd: () => void,
): AsyncGenerator<T, void, undefined> {
  const end = generator.return.bind(generator);
  generator.return = (value) => {
    onEnd();
    return end(value);
  };
  return generator;
}
