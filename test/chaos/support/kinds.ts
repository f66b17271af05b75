import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Target } from '../../../bench/support/report.ts';
import { RetryableError } from '../../../src/domain/errors/errors.ts';
import { wakeRun } from '../../../src/services/runs/park.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { createJobs } from '../../../src/store/jobs/jobs.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { orderToy, toyNames, toysTable } from '../../support/kinds.ts';
import { waitUntil } from '../../support/services/wait-until.ts';
import type { Witness } from './witness.ts';

/** How many parts each `fan-out` starts. */
const parts = 6;
const ordered = toyNames.filter((name) => name !== 'part');
const names = toyNames.map((name) => `'${name}'`).join(', ');

/** Counts those of the subjects $1 that were ordered and have no result. */
const lostQuery = `SELECT count(*)::int AS n FROM unnest($1::uuid[]) AS o(id)
  WHERE NOT EXISTS (SELECT 1 FROM toys t WHERE t."subjectId" = o.id AND t.status = 'COMPLETED')`;

/** Every count must be 0. */
const faultQueries = {
  'results of other runs written twice': `SELECT count(*)::int AS n FROM (
    SELECT 1 FROM toys GROUP BY "subjectId" HAVING count(*) > 1) t`,
  'runs that went on before their parts had ended': `SELECT count(*)::int AS n FROM toys
    WHERE kind = 'fan-out' AND text <> '${parts} COMPLETED'`,
  'parts too many or too few': `SELECT abs(count(*) FILTER (WHERE kind = 'part')
      - ${parts} * count(*) FILTER (WHERE kind = 'fan-out'))::int AS n FROM toys`,
  'streams of other runs with a gap': `SELECT count(*)::int AS n FROM (
    SELECT t."subjectId" FROM toys t LEFT JOIN streams s ON s.id = t."subjectId" LEFT JOIN events e ON e."batchId" = s.id
    GROUP BY t."subjectId", t.kind, s."lastSeq"
    HAVING count(e.seq) IS DISTINCT FROM s."lastSeq" OR max(e.seq) <> s."lastSeq" OR min(e.seq) <> 1
      OR count(e.seq) <> CASE WHEN t.kind IN ('fan-out', 'ask-person') THEN 2 ELSE 1 END) t`,
  'workspace streams with a gap': `SELECT count(*)::int AS n FROM (
    SELECT 1 FROM user_streams u JOIN events e ON e."ownerId" = u."userId"
    GROUP BY u."userId", u."lastSeq" HAVING count(*) <> u."lastSeq" OR max(e."userSeq") <> u."lastSeq") t`,
  'jobs of other runs left': `SELECT count(*)::int AS n FROM pgboss.job
    WHERE (name IN (${names}) OR name LIKE '%-short')`,
};

const rowSchema = z.object({ id: z.uuid() });
const countSchema = z.object({ n: z.number() });

/**
 * Keeps about `ahead` runs of toys open in the workspace of the load, a third of each kind, and answers for the persons that they
 * ask. Needs workers that run them.
 */
export async function startKinds({
  databaseUrl,
  witness,
  ahead,
}: {
  databaseUrl: string;
  witness: Witness;
  ahead: number;
}) {
  await using opened = new AsyncDisposableStack();
  const logger = createLogger('silent');
  const database = await openDatabase({ databaseUrl, dataDir: '' }, logger);
  opened.defer(() => database.close());
  const jobs = createJobs(database.bossOptions, logger, toyNames);
  await jobs.start();
  opened.defer(() => jobs.stop());
  await database.prisma.$executeRawUnsafe(toysTable);
  const [workspace] = await witness.rows(rowSchema, 'SELECT id FROM workspaces');
  if (workspace === undefined) throw new Error('there must be a workspace');
  const subjects: string[] = [];
  const finishing = new AbortController();
  const stop = new AbortController();

  async function order(number: number): Promise<void> {
    const kind = ordered[number % ordered.length] ?? 'two-step';
    const topics = Array.from({ length: parts }, (_, index) => `part ${index} of ${number}`);
    const payload = { topic: `topic ${number}`, topics, question: `Which of ${number}?` };
    subjects.push(await orderToy({ database, jobs }, workspace?.id ?? '', kind, { payload }));
  }

  async function answer(): Promise<void> {
    const asked = await witness.rows(
      rowSchema,
      `SELECT "subjectId" AS id FROM runs WHERE kind = 'ask-person' AND state = 'PARKED'`,
    );
    for (const { id } of asked) {
      const payload = { question: 'Which?', answer: 'This one.' };
      await database.transaction((tx) => wakeRun(jobs, tx, id, payload));
    }
  }

  const open = async () => {
    const rows = await witness.rows(
      countSchema,
      `SELECT count(*)::int AS n FROM runs WHERE kind IN (${names})`,
    );
    return rows[0]?.n ?? 0;
  };

  async function feed(): Promise<void> {
    for (let number = 0; !stop.signal.aborted;) {
      try {
        await answer();
        if (!finishing.signal.aborted && (await open()) < ahead) await order(number++);
      } catch (error) {
        // Two transactions may have waited for each other.
        if (!(error instanceof RetryableError)) throw error;
      }
      await delay(50);
    }
  }

  const feeding = feed();
  // Looked at when it ends.
  feeding.catch(() => undefined);
  opened.defer(() => stop.abort());
  const rest = opened.move();
  return {
    ordered: () => subjects.length,
    /** Orders no more, and waits until all are done. */
    async finish(deadlineMs: number): Promise<void> {
      finishing.abort();
      await waitUntil('all other work to be done', async () => (await open()) === 0, {
        deadlineMs,
        intervalMs: 200,
      }).catch(() => undefined);
      stop.abort();
      await feeding;
    },
    /** @returns how often Pressrun broke each promise to work that is no post. */
    async verify(): Promise<Target[]> {
      const count = async (name: string, sql: string, parameters: unknown[] = []): Promise<Target> => {
        const [row] = await witness.rows(countSchema, sql, parameters);
        return { name, value: row?.n ?? Number.NaN, target: 0, better: 'lower' };
      };
      const targets = [await count('other runs lost', lostQuery, [subjects])];
      for (const [name, sql] of Object.entries(faultQueries)) targets.push(await count(name, sql));
      return targets;
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}
