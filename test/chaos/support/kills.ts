import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { waitUntil } from '../../support/services/wait-until.ts';
import { boundaries, strikeAt, type Boundary } from './boundaries.ts';
import type { Child } from './child.ts';
import { progress } from './report.ts';
import type { Stage } from './stage.ts';

/** After a kill, the statements that the worker had already sent are over by then, and a new one is not yet up. */
const aftermathMs = 150;
/** A post that waited longer than this is named. */
const lateMs = 15_000;
const betweenKillsMs = { from: 2_000, to: 3_500 };

/** One SIGKILL, and the posts that the worker had in hand. */
export type Kill = { at: Date; worker: string; boundary: Boundary | 'at any moment'; posts: string[] };

/** Kills one worker after another at random moments, at a steady pace, and starts each again at once. */
export async function killAtPace(
  stage: Stage,
  count: number,
  pacePerMinute: number,
  random: () => number,
): Promise<Kill[]> {
  const { workers, load } = stage;
  const kills: Promise<Kill>[] = [];
  const restarts = new Map<string, Promise<void>>();
  const aliveSince = new Map<string, Date>();
  const startedAt = Date.now();
  for (let number = 0; number < count; number += 1) {
    const dueAt = startedAt + ((number + 0.5 + random() / 2) * 60_000) / pacePerMinute;
    await delay(Math.max(0, dueAt - Date.now()));
    await waitUntil('a worker that runs', () => workers.some((worker) => worker.isReady()));
    const running = workers.filter((worker) => worker.isReady());
    const worker = running[Math.floor(random() * running.length)];
    if (worker === undefined) throw new Error('there must be a worker');
    await worker.kill();
    const at = new Date();
    const restart = worker.start();
    // Looked at in the end; a run that has failed before ends it too.
    restart.catch(() => undefined);
    restarts.set(worker.name, restart);
    const inHand = postsInHand(stage, worker, at, aliveSince.get(worker.name));
    aliveSince.set(worker.name, at);
    kills.push(inHand.then((posts) => ({ at, worker: worker.name, boundary: 'at any moment', posts })));
    if ((number + 1) % 10 === 0)
      progress(`kill ${number + 1} of ${count}; client has ${load.settled()} of ${load.started()} posts`);
  }
  await Promise.all(restarts.values());
  const seconds = (Date.now() - startedAt) / 1000;
  progress(`${count} kills in ${Math.round(seconds)} s`);
  return Promise.all(kills);
}

/** @returns how many there were in a minute; NaN for fewer than two. */
export function killsPerMinute(kills: readonly Kill[]): number {
  const times = kills.map(({ at }) => at.getTime());
  return (60_000 * (times.length - 1)) / (Math.max(...times) - Math.min(...times));
}

/** Kills workers in turn, at every boundary in turn, and starts each again at once. */
export async function killWorkers(stage: Stage, count: number, random: () => number): Promise<Kill[]> {
  const { workers, load } = stage;
  const kills: Kill[] = [];
  const restarts = new Map<string, Promise<void>>();
  const aliveSince = new Map<string, Date>();
  for (let number = 0; number < count; number += 1) {
    const worker = workers[number % workers.length];
    const boundary = boundaries[Math.floor(number / workers.length) % boundaries.length];
    if (worker === undefined || boundary === undefined) throw new Error('there must be a worker');
    await restarts.get(worker.name);
    const stored = worker.countOf('run completed');
    await waitUntil(`${worker.name} to store a post`, () => worker.countOf('run completed') > stored);
    await strikeAt(stage, worker, boundary, () => worker.signal('SIGKILL'));
    const at = new Date();
    await worker.kill();
    const pause = delay(betweenKillsMs.from + random() * (betweenKillsMs.to - betweenKillsMs.from));
    restarts.set(worker.name, worker.start());
    const posts = await postsInHand(stage, worker, at, aliveSince.get(worker.name));
    aliveSince.set(worker.name, at);
    kills.push({ at, worker: worker.name, boundary, posts });
    progress(
      `kill ${number + 1} of ${count}: ${worker.name} ${boundary}, ${posts.length} posts in hand; ` +
        `client has ${load.settled()} of ${load.started()} posts`,
    );
    await pause;
  }
  await Promise.all(restarts.values());
  return kills;
}

const postSchema = z.object({ id: z.string() });

/**
 * The posts, and subjects of other runs, that this worker was the last to take, and whose jobs still count as running.
 *
 * @param struckAt when the worker was killed or stopped.
 * @param aliveSince its kill before that: what it took earlier has been lost already.
 */
export async function postsInHand(
  { witness }: Stage,
  worker: Child,
  struckAt: Date,
  aliveSince: Date = new Date(0),
): Promise<string[]> {
  await delay(Math.max(0, struckAt.getTime() + aftermathMs - Date.now()));
  const rows = await witness.rows(
    postSchema,
    `SELECT r."subjectId" AS id FROM runs r JOIN pgboss.job j ON j.name = r.kind AND j.id = r."jobId"
     WHERE j.state = 'active' AND $1 = (
       SELECT CASE WHEN c.at > $2::timestamptz + make_interval(secs => $3::float8) THEN c.worker END
       FROM chaos.claims c WHERE c.post_id = r."subjectId" ORDER BY c.at DESC LIMIT 1)`,
    [worker.name, aliveSince.toISOString(), aftermathMs / 1000],
  );
  return rows.map(({ id }) => id);
}

const resumptionSchema = z.object({ ms: z.number() });

/** @returns for each post in hand at each kill, how long it took until a worker had it again or it was stored. */
export async function measureResumptions({ witness }: Stage, kills: readonly Kill[]): Promise<number[]> {
  const lost = kills.flatMap(({ at, posts }) => posts.map((id) => ({ id, at: at.toISOString() })));
  const rows = await witness.rows(
    resumptionSchema,
    `SELECT coalesce(extract(epoch FROM least(
         (SELECT min(c.at) FROM chaos.claims c
          WHERE c.post_id = l.id AND c.at > l.at + make_interval(secs => $2::float8)),
         (SELECT min(r.at) FROM chaos.results r WHERE r.post_id = l.id)) - l.at) * 1000, 1e9)::float8 AS ms
     FROM jsonb_to_recordset($1::jsonb) AS l(id uuid, at timestamptz)`,
    [JSON.stringify(lost), aftermathMs / 1000],
  );
  for (const [index, { ms }] of rows.entries()) {
    if (ms > lateMs)
      progress(`late: ${JSON.stringify(lost[index])} had a worker again after ${Math.round(ms)} ms`);
  }
  return rows.map(({ ms }) => ms);
}
