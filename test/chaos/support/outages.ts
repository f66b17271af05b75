import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { waitUntil } from '../../support/services/wait-until.ts';
import type { Stage } from './stage.ts';

/** How long a service that is stopped or hung stays away. */
const awayMs = 3_000;
/** How long generation is waited for before it counts as standing still. */
const resumeDeadlineMs = 30_000;

/** What a blow came to. */
export type Aftermath = {
  /** From the service's return until a post was stored that was taken after it, in ms. */
  resumedMs: number;
  /** Posts stored while the service was away; undefined where it was never away, or nothing can be stored. */
  settledMeanwhile?: number;
};

export type Blow = { name: string; strike(stage: Stage): Promise<Aftermath> };

/** Everything that happens to the services in one round. */
export const blows: readonly Blow[] = [
  {
    name: 'Redis restarted',
    strike: (stage) =>
      withoutRedis(
        stage,
        () => stage.redis.stop(),
        () => stage.redis.restart(),
      ),
  },
  {
    name: 'Redis flushed',
    async strike(stage) {
      await stage.redis.flush();
      return { resumedMs: await timeToResume(stage, new Date()) };
    },
  },
  {
    name: 'Redis hung',
    strike: (stage) =>
      withoutRedis(
        stage,
        () => stage.redis.pause(),
        () => stage.redis.resume(),
      ),
  },
  {
    name: 'Postgres backends terminated',
    async strike(stage) {
      await stage.postgres.terminateBackends();
      return { resumedMs: await timeToResume(stage, new Date()) };
    },
  },
  {
    name: 'Postgres restarted',
    async strike(stage) {
      await stage.postgres.restart('fast');
      return { resumedMs: await timeToResume(stage, new Date()) };
    },
  },
];

async function withoutRedis(
  stage: Stage,
  takeAway: () => Promise<void>,
  bringBack: () => Promise<void>,
): Promise<Aftermath> {
  await takeAway();
  const awayAt = new Date();
  await delay(awayMs);
  const settledMeanwhile = await countResults(stage, awayAt);
  await bringBack();
  return { resumedMs: await timeToResume(stage, new Date()), settledMeanwhile };
}

const countSchema = z.object({ n: z.number() });

async function countResults({ witness }: Stage, since: Date): Promise<number> {
  const [row] = await witness.rows(
    countSchema,
    'SELECT count(*)::int AS n FROM chaos.results WHERE at > $1::timestamptz',
    [since.toISOString()],
  );
  return row?.n ?? 0;
}

const momentSchema = z.object({ ms: z.number().nullable() });

/** @returns ms from `since` until a post taken after it was stored; infinite where none was in half a minute. */
async function timeToResume({ witness }: Stage, since: Date): Promise<number> {
  let ms: number | null = null;
  const look = async () => {
    const [row] = await witness
      .rows(
        momentSchema,
        `SELECT (extract(epoch FROM min(r.at) - $1::timestamptz) * 1000)::float8 AS ms
         FROM chaos.results r JOIN chaos.claims c ON c.post_id = r.post_id AND c.at < r.at
         WHERE c.at > $1::timestamptz`,
        [since.toISOString()],
      )
      // The first question after a restart meets the old connection.
      .catch(() => []);
    ms = row?.ms ?? null;
    return ms !== null;
  };
  await waitUntil('generation to resume', look, { deadlineMs: resumeDeadlineMs, intervalMs: 50 }).catch(
    () => undefined,
  );
  return ms ?? Number.POSITIVE_INFINITY;
}
