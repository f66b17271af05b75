import { EventEmitter } from 'node:events';
import type { z } from 'zod';

/**
 * A named kind of message. Messages are parsed on receipt, because another instance may run another version. `Sent` is a
 * message before that.
 */
export type Topic<Message, Sent = Message> = { name: string; schema: z.ZodType<Message, Sent> };

/** A message, or the notice that messages may have been lost. */
export type Signal<Message> = { kind: 'message'; message: Message } | { kind: 'lost' };

/**
 * Carries messages to the listeners of all instances. A message may be lost, so listeners also look at the database from
 * time to time.
 */
export type Bus = {
  /** Sends to every listener of the topic. Never throws or waits. Drops messages beyond a bound. */
  publish<Sent>(topic: Topic<unknown, Sent>, message: Sent): void;
  /**
   * Resolves when the listener gets all messages that are published from then on.
   *
   * @returns a function that ends the subscription.
   */
  subscribe<Message>(
    topic: Topic<Message, unknown>,
    listener: (signal: Signal<Message>) => void,
  ): Promise<() => void>;
  /** Resolves when the bus works, rejects otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

/** The bus of a single process. */
export function createLocalBus(): Bus {
  const emitter = new EventEmitter<Record<string, [message: unknown]>>().setMaxListeners(0);
  return {
    publish: ({ name }, message) => {
      emitter.emit(name, message);
    },
    subscribe: async ({ name, schema }, listener) => {
      const hear = (message: unknown) => {
        const parsed = schema.safeParse(message);
        if (parsed.success) listener({ kind: 'message', message: parsed.data });
      };
      emitter.on(name, hear);
      return () => emitter.off(name, hear);
    },
    ping: async () => undefined,
    close: async () => {
      emitter.removeAllListeners();
    },
  };
}
