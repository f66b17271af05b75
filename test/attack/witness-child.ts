import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Sighting } from './witness.ts';

/** An ordinary client, in a process of its own so that the attacks do not keep it waiting. */
const [url, pid] = z.tuple([z.string(), z.coerce.number().optional()]).parse(process.argv.slice(2));

const pauseMs = 5;
const pageBytes = 4096;
const agent = new Agent({ keepAlive: true });
let sighting: Sighting = { ms: [], peakBytes: 0, failures: 0 };

function ask(path: string, body?: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const headers = { 'content-type': 'application/json' };
  const sent = request(
    `${url}${path}`,
    { agent, headers, method: body === undefined ? 'GET' : 'POST' },
    (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${path} answered ${response.statusCode}`));
      });
    },
  );
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

async function askOnAndOn(path: string, body?: string): Promise<never> {
  for (;;) {
    const startedAt = performance.now();
    await ask(path, body).catch(() => (sighting.failures += 1));
    sighting.ms.push(performance.now() - startedAt);
    await delay(pauseMs);
  }
}

async function watchMemory(server: number): Promise<never> {
  for (;;) {
    const [, resident = '0'] = (await readFile(`/proc/${server}/statm`, 'utf8')).split(' ');
    sighting.peakBytes = Math.max(sighting.peakBytes, Number(resident) * pageBytes);
    await delay(pauseMs);
  }
}

process.on('message', () => {
  process.send?.(sighting);
  sighting = { ms: [], peakBytes: 0, failures: 0 };
});
process.once('disconnect', () => process.exit());
void askOnAndOn('/health/live');
void askOnAndOn('/graphql', '{"query":"{ me { id } }"}');
if (pid !== undefined) void watchMemory(pid).catch(() => undefined);
