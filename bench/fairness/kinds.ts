import { z } from 'zod';
import { expectResult, RegeneratePostDocument } from '../../client/index.ts';
import { fromGlobalId, toGlobalId } from '../../src/domain/ids.ts';
import { waitUntil } from '../../test/support/services/wait-until.ts';
import { openAccount, startBenchApp, type Account } from '../support/app.ts';
import { startBatch } from '../support/batch.ts';
import { quantile, round, spread, type Target } from '../support/report.ts';
import { createToy, type Toy } from './toy.ts';

const deadlineMs = 600_000;
const regenerations = z.array(z.object({ sent: z.number(), latencyMs: z.number().nullable() }));

/** What keeps the large batch from going faster. Permits are reserved in real time, so calls must take as long as in life there. */
const scenes: Record<string, { settings: Record<string, string>; isRealTime: boolean }> = {
  slots: { settings: { POST_SLOTS: '10' }, isRealTime: false },
  limits: {
    settings: { POST_SLOTS: '200', IMAGES_PER_MINUTE: '300', TOKENS_PER_MINUTE: '360000' },
    isRealTime: true,
  },
};

/** What small work of other kinds waits beside a large batch: each step of a run of ten, and a regeneration. */
export async function measureKinds({
  posts,
  rounds,
  timeScale,
}: {
  posts: number;
  rounds: number;
  timeScale: number;
}): Promise<Target[]> {
  const targets: Target[] = [];
  for (const [bound, { settings, isRealTime }] of Object.entries(scenes)) {
    const scaled = { ...settings, SIMULATOR_TIME_SCALE: String(isRealTime ? 1 : timeScale) };
    targets.push(...(await measureScene({ bound, settings: scaled, posts, rounds })));
  }
  return targets;
}

async function measureScene({
  bound,
  settings,
  posts,
  rounds,
}: {
  bound: string;
  settings: Record<string, string>;
  posts: number;
  rounds: number;
}): Promise<Target[]> {
  const toy = createToy();
  await using app = await startBenchApp(settings, toy.moreKinds);
  const small = await openAccount(app.url, 'small@example.com');
  await startBatch(small, 1);
  const postId = await completedPost(toy, small);
  const alone = await measureSmall(toy, small, postId, rounds);

  await startBatch(app, posts);
  await completedPost(toy, app);
  const beside = await measureSmall(toy, small, postId, rounds);

  const names = {
    first: 'a run’s first step',
    later: 'a later step',
    regeneration: 'a regeneration',
  } as const;
  return (['first', 'later', 'regeneration'] as const).map((what) => {
    const waits = { alone: alone[what].waitsMs, beside: beside[what].waitsMs };
    const callMs = quantile(alone[what].callsMs, 0.5);
    process.stdout.write(
      `${names[what]} waits, ${bound} taken by ${posts} posts: alone ${spread(waits.alone, 0)} ms, beside them ` +
        `${spread(waits.beside, 0)} ms; a call takes ${round(callMs, 0)} ms\n`,
    );
    return {
      name: `the longest that ${names[what]} waits for ${bound}, ms`,
      value: round(Math.max(...waits.beside), 0),
      target: round(2 * quantile(waits.alone, 0.5) + callMs, 0),
      better: 'lower',
    };
  });
}

/** Runs of ten steps, and a regeneration beside each. */
async function measureSmall(toy: Toy, account: Account, postId: string, rounds: number) {
  const seen = { first: nothing(), later: nothing(), regeneration: nothing() };
  for (let index = 0; index < rounds; index += 1) {
    const [run, regeneration] = await Promise.all([
      toy.run(rowId(account.workspaceId)),
      regenerate(toy, account, postId),
    ]);
    seen.first.waitsMs.push(...run.waitsMs.slice(0, 1));
    seen.later.waitsMs.push(...run.waitsMs.slice(1));
    seen.first.callsMs.push(...run.callsMs);
    seen.later.callsMs.push(...run.callsMs);
    seen.regeneration.waitsMs.push(regeneration.waitMs);
    seen.regeneration.callsMs.push(regeneration.callMs);
  }
  return seen;
}

const nothing = () => ({ waitsMs: [] as number[], callsMs: [] as number[] });

/** Regenerates a caption. @returns how long it waited until its call was sent, and how long that took. */
async function regenerate(toy: Toy, { run }: Account, postId: string) {
  const before = await callsOf(toy, postId);
  const startedAt = performance.now();
  const { regeneratePost } = await run(RegeneratePostDocument, {
    input: { postId: toGlobalId('Post', postId), part: 'CAPTION' },
  });
  expectResult(regeneratePost, 'Post');
  await waitUntil(
    'the regeneration to be sent',
    async () => (await callsOf(toy, postId)).sent > before.sent,
    { intervalMs: 5, deadlineMs },
  );
  const waitMs = performance.now() - startedAt;
  await waitUntil('the regeneration to end', async () => !(await isOpen(toy, postId)), {
    intervalMs: 20,
    deadlineMs,
  });
  return { waitMs, callMs: (await callsOf(toy, postId)).latencyMs ?? Number.NaN };
}

/** How many calls of a post were sent, and how long the newest took. */
async function callsOf(toy: Toy, postId: string) {
  const [calls] = regenerations.parse(
    await toy.tools().database.query(
      `SELECT count(*) FILTER (WHERE status <> 'INTENT')::int AS sent,
              (array_agg("latencyMs" ORDER BY id DESC))[1] AS "latencyMs"
       FROM provider_calls WHERE "subjectId" = $1::uuid`,
      [postId],
    ),
  );
  if (calls === undefined) throw new Error('the ledger does not answer');
  return calls;
}

async function isOpen(toy: Toy, postId: string): Promise<boolean> {
  const rows = await toy.tools().database.query(`SELECT 1 FROM runs WHERE "subjectId" = $1::uuid`, [postId]);
  return rows.length > 0;
}

/** Waits for a post of an account. @returns its id. */
async function completedPost(toy: Toy, { workspaceId }: Account): Promise<string> {
  let found: string | undefined;
  const look = async () => {
    const rows = await toy
      .tools()
      .database.query<{ id: string }>(
        `SELECT id FROM posts WHERE "ownerId" = $1::uuid AND status = 'COMPLETED' LIMIT 1`,
        [rowId(workspaceId)],
      );
    found = rows[0]?.id;
    return found !== undefined;
  };
  await waitUntil('a post', look, { intervalMs: 20, deadlineMs });
  return found ?? '';
}

function rowId(globalId: string): string {
  const found = fromGlobalId(globalId);
  if (found === undefined) throw new Error(`${globalId} is no id`);
  return found.id;
}
