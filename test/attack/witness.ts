import { fork } from 'node:child_process';
import { once } from 'node:events';
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
  const child = fork(new URL('witness-child.ts', import.meta.url), [
    url,
    ...(pid === undefined ? [] : [String(pid)]),
  ]);
  return {
    async look() {
      const answer = once(child, 'message');
      child.send('look');
      const [seen] = await answer;
      return sightingSchema.parse(seen);
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
