import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';

/** What a client saw since it was asked last. */
export type Sighting = {
  /** How long each of its answers took. */
  ms: number[];
  /** Resident memory of the server at its highest; 0 where its process is not known. */
  peakBytes: number;
  /** Answers that were none. */
  failures: number;
};

const sightingSchema = z.object({ ms: z.array(z.number()), peakBytes: z.number(), failures: z.number() });

export type Witness = AsyncDisposable & {
  /** @returns what it saw since it was asked last. */
  look(): Promise<Sighting>;
};

/** Starts a client that asks for `/health/live` and for a query, both every few milliseconds. */
export function startWitness(url: string, pid: number | undefined): Witness {
  const thread = new Worker(new URL('witness-thread.ts', import.meta.url), { workerData: { url, pid } });
  return {
    async look() {
      const answer = once(thread, 'message');
      thread.postMessage('look');
      const [seen] = await answer;
      return sightingSchema.parse(seen);
    },
    async [Symbol.asyncDispose]() {
      await thread.terminate();
    },
  };
}
