import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Target } from '../../../bench/support/report.ts';
import { msUntil } from '../../support/services/wait-until.ts';
import { strikeAt, type Boundary } from './boundaries.ts';
import { postsInHand } from './kills.ts';
import { progress } from './report.ts';
import type { Stage } from './stage.ts';

/** Past the heartbeat of a job (10 s), the look for dead ones (1 s) and the backoff of a second run. */
const frozenMs = 13_000;
/** What has not come about then is told as a target that is missed. */
const patienceMs = 60_000;

const imageSchema = z.object({ image: z.string() });

/**
 * Stops a worker with SIGSTOP until its leases are gone, then lets it go on: it must change nothing of what others
 * have made of its posts, and work on.
 */
export async function freezeWorker(stage: Stage, boundary: Boundary): Promise<Target[]> {
  const [worker] = stage.workers;
  if (worker === undefined) throw new Error('there must be a worker');
  await strikeAt(stage, worker, boundary, () => worker.signal('SIGSTOP'));
  const stoppedAt = new Date();
  const posts = await postsInHand(stage, worker, stoppedAt);
  progress(`${worker.name} is frozen ${boundary} with ${posts.length} posts in hand`);
  await delay(frozenMs);
  await msUntil(async () => (await open(stage, posts)) === 0, { deadlineMs: patienceMs, intervalMs: 100 });
  progress(`${worker.name} goes on`);
  const left = await open(stage, posts);
  const before = await imageOf(stage, posts);
  const storedBefore = worker.countOf('run completed');
  worker.signal('SIGCONT');
  // Long enough for every call in flight to come back, to be refused, and for new posts to be taken.
  await msUntil(() => worker.countOf('run completed') > storedBefore, { deadlineMs: patienceMs });
  await delay(1_500);
  const after = await imageOf(stage, posts);
  return [
    { name: `frozen ${boundary}: posts in hand`, value: posts.length, target: 1, better: 'higher' },
    { name: `frozen ${boundary}: posts not completed by others`, value: left, target: 0, better: 'lower' },
    {
      name: `frozen ${boundary}: rows changed by the late worker`,
      value: before.filter((row, index) => row !== after[index]).length,
      target: 0,
      better: 'lower',
    },
    {
      name: `frozen ${boundary}: posts of it after waking`,
      value: worker.countOf('run completed') - storedBefore,
      target: 1,
      better: 'higher',
    },
  ];
}

const countSchema = z.object({ n: z.number() });

async function open({ witness }: Stage, posts: readonly string[]): Promise<number> {
  const [row] = await witness.rows(
    countSchema,
    `SELECT count(*)::int AS n FROM posts WHERE id = ANY($1::uuid[]) AND status <> 'COMPLETED'`,
    [posts],
  );
  return row?.n ?? 0;
}

/** All there is of these posts and their events, as text. */
async function imageOf({ witness }: Stage, posts: readonly string[]): Promise<string[]> {
  const rows = await witness.rows(
    imageSchema,
    `SELECT p::text || coalesce((SELECT string_agg(e::text, ' ' ORDER BY e.seq) FROM events e
            WHERE e."batchId" = p."batchId" AND e.payload->>'postId' = p.id::text), '') AS image
     FROM posts p WHERE p.id = ANY($1::uuid[]) ORDER BY p.id`,
    [posts],
  );
  return rows.map(({ image }) => image);
}
