import { z } from 'zod';
import type { Target } from '../../../bench/support/report.ts';
import { wrongBatchSums, wrongMonthSums } from './spends.ts';
import type { Stage } from './stage.ts';

/** Every count must be 0. */
const faultQueries = {
  'posts lost': `SELECT count(*)::int AS n FROM posts WHERE status <> 'COMPLETED' OR caption IS NULL OR "imageKey" IS NULL`,
  'posts stored twice': `SELECT count(*)::int AS n FROM (
    SELECT p.id FROM posts p LEFT JOIN chaos.results r ON r.post_id = p.id GROUP BY p.id HAVING count(r.post_id) > 1) t`,
  'posts without exactly one event': `SELECT count(*)::int AS n FROM (
    SELECT p.id FROM posts p
    LEFT JOIN events e ON e."batchId" = p."batchId" AND e.type = 'POST_COMPLETED' AND e.payload->>'postId' = p.id::text
    GROUP BY p.id HAVING count(e.seq) <> 1) t`,
  'streams with a gap': `SELECT count(*)::int AS n FROM (
    SELECT b.id FROM batches b LEFT JOIN events e ON e."batchId" = b.id
    GROUP BY b.id HAVING count(*) <> b."lastSeq" OR max(e.seq) <> b."lastSeq" OR min(e.seq) <> 1) t`,
  'wrong counters': `SELECT count(*)::int AS n FROM batches b
    WHERE b."completedCount" <> b."postCount" OR b."failedCount" + b."cancelledCount" <> 0
       OR b."postCount" <> (SELECT count(*) FROM posts p WHERE p."batchId" = b.id)`,
  'batches not final': `SELECT count(*)::int AS n FROM batches WHERE status <> 'COMPLETED' OR "finishedAt" IS NULL`,
  'ledger rows not final': `SELECT count(*)::int AS n FROM provider_calls WHERE status IN ('INTENT', 'SENT')`,
  'runs left': `SELECT count(*)::int AS n FROM runs`,
  'jobs left': `SELECT count(*)::int AS n FROM pgboss.job WHERE name LIKE 'write-post%'`,
  'sums of batches that are not the ledger’s': wrongBatchSums,
  'sums of months that are not the ledger’s': wrongMonthSums,
  'answers settled twice': `SELECT count(*)::int AS n FROM (
    SELECT 1 FROM provider_calls WHERE status = 'SETTLED' GROUP BY "subjectId", step HAVING count(*) > 1) t`,
};

/** What of a stage is looked at. */
type Verified = Pick<Stage, 'witness' | 'load' | 'provider'>;

const countSchema = z.object({ n: z.number() });
const endSchema = z.object({ name: z.string(), n: z.number() });

/** @returns how often Pressrun broke each promise about its data, in the database and as the client saw it. */
export async function verifyData({ witness, load, provider }: Verified): Promise<Target[]> {
  const targets: Target[] = [];
  for (const [name, sql] of Object.entries(faultQueries)) {
    const [row] = await witness.rows(countSchema, sql);
    targets.push({ name, value: row?.n ?? Number.NaN, target: 0, better: 'lower' });
  }
  for (const fault of load.faults()) process.stdout.write(`client: ${fault}\n`);
  targets.push({ name: 'batches told wrongly', value: load.faults().length, target: 0, better: 'lower' });
  const { forgotten } = provider.control.calls();
  targets.push({ name: 'prompts not counted', value: forgotten, target: 0, better: 'lower' });
  return targets;
}

/** @returns how many calls of the ledger ended in each way, such as `UNKNOWN ANSWER_LOST`. */
export async function countEnds({ witness }: Verified): Promise<Record<string, number>> {
  const rows = await witness.rows(
    endSchema,
    `SELECT 'calls ' || status || coalesce(' ' || "errorCode", '') AS name, count(*)::int AS n
     FROM provider_calls GROUP BY 1 ORDER BY 1`,
  );
  return Object.fromEntries(rows.map(({ name, n }) => [name, n]));
}

/** By the simulator's own books: how many answers were paid for again, and how many requests were sent again. */
export function countExtraCalls({ provider }: Verified): { paid: number; sent: number } {
  const { calls } = provider.control.calls();
  const extra = (key: 'paid' | 'received') =>
    calls.reduce((sum, call) => sum + Math.max(0, call[key] - 1), 0);
  return { paid: extra('paid'), sent: extra('received') };
}
