import type { ServerResponse } from 'node:http';
import type { CacheCounts } from '../cache/cache.ts';

/** What must work for this instance to take requests. Each resolves when it does. */
export type HealthChecks = Record<string, () => Promise<void>>;

const patienceMs = 1_000;
/** How long an outcome is told to all who ask, so that questions cost nothing behind this process. */
const keptMs = 500;

/**
 * `/health/live`: the process answers. `/health/ready`: what it needs answers as well, and it is not about to stop,
 * else 503. `/health/cache`: what the cache of this instance has been asked since its start, and what it takes.
 * Nobody is refused, as an instance that is asked too often is not ill: the checks run twice a second at most.
 */
export function createHealth(
  checks: HealthChecks,
): (
  path: string,
  response: ServerResponse,
  state: { isStopping: boolean; cache: CacheCounts | undefined },
) => Promise<void> {
  let kept: { outcomes: Promise<Record<string, Outcome>>; until: number } | undefined;

  function outcomesNow(): Promise<Record<string, Outcome>> {
    const now = performance.now();
    if (kept === undefined || kept.until <= now) kept = { outcomes: runAll(checks), until: now + keptMs };
    return kept.outcomes;
  }

  return async (path, response, { isStopping, cache }) => {
    if (path === '/health/live') return answer(response, 200, { status: 'live' });
    if (path === '/health/cache')
      return answer(response, 200, { status: cache === undefined ? 'off' : 'on', ...cache });
    if (path !== '/health/ready') return answer(response, 404, { status: 'unknown check' });
    if (isStopping) return answer(response, 503, { status: 'stopping' });
    const outcomes = await outcomesNow();
    const ready = Object.values(outcomes).every((outcome) => outcome === 'ok');
    answer(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', ...outcomes });
  };
}

type Outcome = 'ok' | 'down' | 'slow';

async function runAll(checks: HealthChecks): Promise<Record<string, Outcome>> {
  const outcomes = Object.entries(checks).map(async ([name, check]) => [name, await outcomeOf(check)]);
  return Object.fromEntries(await Promise.all(outcomes));
}

async function outcomeOf(check: () => Promise<void>): Promise<Outcome> {
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
