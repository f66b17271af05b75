import type { ServerResponse } from 'node:http';
import type { CacheCounts } from '../cache/cache.ts';

/** The conditions for this instance to take requests. Each check resolves if its condition holds. */
export type HealthChecks = Record<string, () => Promise<void>>;

/** Notices for the operator that do not affect readiness. Each resolves with a word, or undefined if all is well. */
export type HealthNotices = Record<string, () => Promise<string | undefined>>;

const timeoutMs = 1_000;
/** How long a result is reused, so that frequent requests cost nothing. */
const keptMs = 500;

/**
 * Creates the health route.
 *
 * `/health/live` answers 200 if the process runs. `/health/ready` answers 200 if all checks pass and the process is not
 * stopping, else 503; it also lists the notices. `/health/cache` returns the counters of this instance's cache. There is
 * no rate limit: results are reused, so the checks run at most twice a second.
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

/** Runs the checks. Runs the notices only if all checks pass, because most depend on the same services. */
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

/** @returns the word within a second, else `slow`; `down` if the check fails. */
async function inTime(said: Promise<string | undefined>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('slow'), timeoutMs);
  });
  return Promise.race([said.catch(() => 'down'), slow]).finally(() => clearTimeout(timer));
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
