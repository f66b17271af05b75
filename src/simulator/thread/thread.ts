import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { SettingsSchema, type SimulatorSettings } from '../options.ts';

/** What the thread is told; port 0 takes a free one. */
export const orderSchema = z.strictObject({ settings: SettingsSchema, port: z.int() });
const addressSchema = z.strictObject({ url: z.url(), port: z.int() });
/** What it answers when it listens. */
export type Address = z.output<typeof addressSchema>;

/** The pause before a thread that has crashed is replaced. */
const restartAfterMs = 1_000;
/** Several times what it takes at most. Beyond it the thread ends, and not the process. */
const resourceLimits = { maxOldGenerationSizeMb: 256 };

export type SimulatorThread = {
  /**
   * Starts the thread with the first call.
   *
   * @returns the base address for an OpenAI client. It stays the same when the thread is replaced.
   * @throws what kept the thread from listening; the next call tries again, unless it was stopped.
   */
  readonly url: () => Promise<string>;
  /** Ends the thread and every call that it serves. */
  readonly stop: () => Promise<void>;
};

/**
 * The simulator in a thread of its own, because drawing would hold up whatever else this one does. A thread that
 * crashes is replaced; calls to it fail meanwhile, as in an outage.
 *
 * @param onCrash hears why, each time.
 */
export function createSimulatorThread(
  settings: SimulatorSettings,
  onCrash: (reason: unknown) => void,
): SimulatorThread {
  let thread: Worker | undefined;
  let starting: Promise<void> | undefined;
  let address: Address | undefined;
  let restart: NodeJS.Timeout | undefined;
  let isStopped = false;

  /** Resolves when `address` is known. */
  function launch(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const order: z.input<typeof orderSchema> = { settings, port: address?.port ?? 0 };
    let reason: unknown = new Error('its thread has ended');
    thread = new Worker(new URL('entry.js', import.meta.url), {
      name: 'simulator',
      workerData: order,
      resourceLimits,
    });
    thread.once('message', (message) => {
      address = addressSchema.parse(message);
      resolve();
    });
    thread.on('error', (error) => (reason = error));
    thread.once('exit', () => {
      reject(reason);
      if (isStopped || address === undefined) return;
      onCrash(reason);
      restart = setTimeout(() => void launch().catch(() => undefined), restartAfterMs);
    });
    return promise;
  }

  return {
    async url() {
      if (isStopped) throw new Error('the simulator has been stopped');
      starting ??= launch();
      try {
        await starting;
      } catch (error) {
        starting = undefined;
        throw error;
      }
      if (address === undefined) throw new Error('the simulator listens nowhere');
      return address.url;
    },
    async stop() {
      isStopped = true;
      clearTimeout(restart);
      await thread?.terminate();
    },
  };
}
