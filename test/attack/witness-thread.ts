import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import type { Sighting } from './witness.ts';

/** An ordinary client, in a thread of its own so that the attacks do not keep it waiting. */
const { url, pid } = z.object({ url: z.string(), pid: z.number().optional() }).parse(workerData);

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

async function watchMemory(process: number): Promise<never> {
  for (;;) {
    const [, resident = '0'] = (await readFile(`/proc/${process}/statm`, 'utf8')).split(' ');
    sighting.peakBytes = Math.max(sighting.peakBytes, Number(resident) * pageBytes);
    await delay(pauseMs);
  }
}

parentPort?.on('message', () => {
  parentPort?.postMessage(sighting);
  sighting = { ms: [], peakBytes: 0, failures: 0 };
});
void askOnAndOn('/health/live');
void askOnAndOn('/graphql', '{"query":"{ me { id } }"}');
if (pid !== undefined) void watchMemory(pid).catch(() => undefined);
