import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { z } from 'zod';

export const selfSchema = z.object({
  /** User and system time since the process began. */
  cpuMs: z.number(),
  residentBytes: z.number(),
  /** Heap and buffers; right after a collection, where memory is asked for. */
  liveBytes: z.number(),
});

export type Self = z.infer<typeof selfSchema>;

setFlagsFromString('--expose-gc');
const collectGarbage = z.function({ input: [], output: z.void() }).implement(runInNewContext('gc'));

/** What this process uses. */
export function measureSelf({ memory }: { memory: boolean }): Self {
  if (memory) {
    collectGarbage();
    collectGarbage();
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1000, residentBytes: rss, liveBytes: heapUsed + external };
}
