import type { ServerResponse } from 'node:http';
import type { CacheCounts } from '../cache/cache.ts';

/** What must work for this instance to take requests. Each resolves when it does. */
export type HealthChecks = Record<string, () => Promise<void>>;

const patienceMs = 1_000;

/**
 * `/health/live`: the process answers. `/health/ready`: what it needs answers as well, and it is not about to stop,
 * else 503. `/health/cache`: what the cache of this instance has been asked since its start, and what it takes.
 */
export async function serveHealth(
  path: string,
  response: ServerResponse,
  checks: HealthChecks,
  { isStopping, cache }: { isStopping: boolean; cache: CacheCounts | undefined },
): Promise<void> {
  if (path === '/health/live') return answer(response, 200, { status: 'live' });
  if (path === '/health/cache')
    return answer(response, 200, { status: cache === undefined ? 'off' : 'on', ...cache });
  if (path !== '/health/ready') return answer(response, 404, { status: 'unknown check' });
  if (isStopping) return answer(response, 503, { status: 'stopping' });
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await outcome(check)] as const),
  );
  const ready = results.every(([, result]) => result === 'ok');
  answer(response, ready ? 200 : 503, {
    status: ready ? 'ready' : 'not ready',
    ...Object.fromEntries(results),
  });
}

async function outcome(check: () => Promise<void>): Promise<'ok' | 'down' | 'slow'> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<'slow'>((resolve) => {
    timer = setTimeout(() => resolve('slow'), patienceMs);
  });
  const checked = check().then(
    () => 'ok' as const,
    () => 'down' as const,
  );
  return Promise.race([checked, slow]).finally(() => clearTimeout(timer));
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
