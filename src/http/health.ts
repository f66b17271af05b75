import type { ServerResponse } from 'node:http';
import type { CacheCounts } from '../cache/cache.ts';

/** What must work for this instance to take requests. Each resolves when it does. */
export type HealthChecks = Record<string, () => Promise<void>>;

/** What an operator should know although requests are taken: each resolves with a word for it, or undefined. */
export type HealthNotices = Record<string, () => Promise<string | undefined>>;

const patienceMs = 1_000;

/**
 * `/health/live`: the process answers. `/health/ready`: what it needs answers as well, and it is not about to stop,
 * else 503. It also says what is amiss elsewhere. `/health/cache`: what the cache of this instance has been asked since its start, and what it takes.
 */
export async function serveHealth(
  path: string,
  response: ServerResponse,
  { checks, notices }: { checks: HealthChecks; notices: HealthNotices },
  { isStopping, cache }: { isStopping: boolean; cache: CacheCounts | undefined },
): Promise<void> {
  if (path === '/health/live') return answer(response, 200, { status: 'live' });
  if (path === '/health/cache')
    return answer(response, 200, { status: cache === undefined ? 'off' : 'on', ...cache });
  if (path !== '/health/ready') return answer(response, 404, { status: 'unknown check' });
  if (isStopping) return answer(response, 503, { status: 'stopping' });
  const results = await Promise.all(
    Object.entries(checks).map(
      async ([name, check]) => [name, await inTime(check().then(() => 'ok'))] as const,
    ),
  );
  const ready = results.every(([, result]) => result === 'ok');
  answer(response, ready ? 200 : 503, {
    status: ready ? 'ready' : 'not ready',
    ...Object.fromEntries(results),
    ...(ready ? await told(notices) : {}),
  });
}

/** Not asked where a check fails: most notices need what the checks are about. */
async function told(notices: HealthNotices): Promise<Record<string, string>> {
  const all = await Promise.all(
    Object.entries(notices).map(async ([name, look]) => ({ name, word: await inTime(look()) })),
  );
  return Object.fromEntries(all.flatMap(({ name, word }) => (word === undefined ? [] : [[name, word]])));
}

/** @returns what is said within a second, else `slow`; `down` where it fails. */
async function inTime<T>(said: Promise<T>): Promise<T | 'slow' | 'down'> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<'slow'>((resolve) => {
    timer = setTimeout(() => resolve('slow'), patienceMs);
  });
  return Promise.race([said.catch(() => 'down' as const), slow]).finally(() => clearTimeout(timer));
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
