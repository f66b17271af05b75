import type { ServerResponse } from 'node:http';
import type { CacheCounts } from '../cache/cache.ts';

/** What must work for this instance to take requests. Each resolves when it does. */
export type HealthChecks = Record<string, () => Promise<void>>;

/** What an operator should know although requests are taken: each resolves with a word for it, or undefined. */
export type HealthNotices = Record<string, () => Promise<string | undefined>>;

const patienceMs = 1_000;
/** How long an outcome is told to all who ask, so that questions cost nothing behind this process. */
const keptMs = 500;

/**
 * `/health/live`: the process answers. `/health/ready`: what it needs answers as well, and it is not about to stop,
 * else 503; it also says what is amiss elsewhere. `/health/cache`: what the cache of this instance has been asked
 * since its start, and what it takes. Nobody is refused, as an instance that is asked too often is not ill: the checks
 * run twice a second at most.
 */
export function createHealth({
  checks,
  notices,
}: {
  checks: HealthChecks;
  notices: HealthNotices;
}): (
  path: string,
  response: ServerResponse,
  state: { isStopping: boolean; cache: CacheCounts | undefined },
) => Promise<void> {
  let kept: { readiness: Promise<Readiness>; until: number } | undefined;

  function readinessNow(): Promise<Readiness> {
    const now = performance.now();
    if (kept === undefined || kept.until <= now)
      kept = { readiness: look(checks, notices), until: now + keptMs };
    return kept.readiness;
  }

  return async (path, response, { isStopping, cache }) => {
    if (path === '/health/live') return answer(response, 200, { status: 'live' });
    if (path === '/health/cache')
      return answer(response, 200, { status: cache === undefined ? 'off' : 'on', ...cache });
    if (path !== '/health/ready') return answer(response, 404, { status: 'unknown check' });
    if (isStopping) return answer(response, 503, { status: 'stopping' });
    const { isReady, words } = await readinessNow();
    answer(response, isReady ? 200 : 503, { status: isReady ? 'ready' : 'not ready', ...words });
  };
}

type Readiness = { isReady: boolean; words: Record<string, string> };

/** Notices are not asked where a check fails: most of them need what the checks are about. */
async function look(checks: HealthChecks, notices: HealthNotices): Promise<Readiness> {
  const outcomes = await wordsOf(checks, (check) => check().then(() => 'ok'));
  const isReady = Object.values(outcomes).every((word) => word === 'ok');
  return {
    isReady,
    words: isReady ? { ...outcomes, ...(await wordsOf(notices, (notice) => notice())) } : outcomes,
  };
}

async function wordsOf<T>(
  questions: Record<string, T>,
  ask: (question: T) => Promise<string | undefined>,
): Promise<Record<string, string>> {
  const answers = await Promise.all(
    Object.entries(questions).map(async ([name, question]) => ({ name, word: await inTime(ask(question)) })),
  );
  return Object.fromEntries(answers.flatMap(({ name, word }) => (word === undefined ? [] : [[name, word]])));
}

/** @returns what is said within a second, else `slow`; `down` where it fails. */
async function inTime(said: Promise<string | undefined>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('slow'), patienceMs);
  });
  return Promise.race([said.catch(() => 'down'), slow]).finally(() => clearTimeout(timer));
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
