import { EventEmitter } from 'node:events';
import type { z } from 'zod';

/** What a bus carries under one name. Messages are parsed on receipt: another instance may run another version. */
export type Topic<Message> = { name: string; schema: z.ZodType<Message> };

/** What a listener is told: a message, or that messages may have been lost. */
export type Signal<Message> = { kind: 'message'; message: Message } | { kind: 'lost' };

/**
 * Carries messages to all listeners, on this instance and all others. A message may be lost: listeners who hear nothing
 * look at the database.
 */
export type Bus = {
  /** Sends to every listener of the topic. Never throws, never waits; past a bound, messages are dropped. */
  publish<Message>(topic: Topic<Message>, message: Message): void;
  /**
   * Resolves when messages published from now on will arrive.
   *
   * @returns how to stop listening.
   */
  subscribe<Message>(topic: Topic<Message>, listener: (signal: Signal<Message>) => void): Promise<() => void>;
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
