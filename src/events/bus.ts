import { EventEmitter } from 'node:events';
import { z } from 'zod';
import { loggedEventSchema, stageSchema } from '../domain/batch-events.ts';

/** What travels on a batch's topic. Parsed on receipt: another instance may run another version. */
export const busMessageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('event'), entry: loggedEventSchema }),
  z.object({ kind: z.literal('stage'), stage: stageSchema }),
]);

export type BusMessage = z.infer<typeof busMessageSchema>;

/** What a listener is told: a message, or that messages may have been lost and the log must be read. */
export type BusSignal = BusMessage | { kind: 'lost' };

/**
 * Carries wake-ups from the writer of an event to its readers. Nothing depends on it arriving: whoever hears
 * nothing reads the log.
 */
export type Bus = {
  /** Sends to every listener of the batch, on this instance and all others. Never throws, never waits. */
  publish(batchId: string, message: BusMessage): void;
  /**
   * Resolves when messages published from now on will arrive.
   *
   * @returns how to stop listening.
   */
  subscribe(batchId: string, listener: (signal: BusSignal) => void): Promise<() => void>;
  /** Resolves when the bus works, rejects otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

/** The bus of a single process. */
export function createLocalBus(): Bus {
  const emitter = new EventEmitter().setMaxListeners(0);
  return {
    publish: (batchId, message) => {
      emitter.emit(batchId, message);
    },
    subscribe: async (batchId, listener) => {
      emitter.on(batchId, listener);
      return () => emitter.off(batchId, listener);
    },
    ping: async () => undefined,
    close: async () => {
      emitter.removeAllListeners();
    },
  };
}
