import { isDeepStrictEqual } from 'node:util';
import { fromPrisma, PgBoss, type ConstructorOptions } from 'pg-boss';
import { runKinds } from '../../domain/runs/kinds.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Transaction } from '../database.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { allQueues } from './queues.ts';
import { isStillFetched } from './sql.ts';

/** How often `serve` polls its queues. */
const servePollSeconds = 2;

type ListenHandle = { close(): Promise<void> };

/** A job that was fetched from a queue. Its handler parses `data`. */
export type Job = {
  id: string;
  queue: string;
  data: unknown;
  /** Higher runs first. */
  priority: number;
  /** When it was fetched. Distinguishes this fetch from other fetches of the same job. */
  fetchedAt: Date;
};

export type NewJob = {
  /** Chosen by the caller, so that the job's run can refer to it. */
  id: string;
  data: object;
  /** The workspace whose slots it takes. */
  ownerId: string;
  /** Higher runs first. */
  priority: number;
  /** How long it waits before it may run, in seconds; 0 by default. */
  delaySeconds?: number;
};

export type Jobs = {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Adds jobs as part of `tx`. */
  enqueue(tx: Transaction, queue: string, jobs: readonly NewJob[]): Promise<void>;
  /**
   * Fetches at most `count` jobs, highest priority first.
   *
   * @param slotsPerWorkspace jobs of one workspace that may run at the same time; undefined: any number.
   */
  fetch(queue: string, count: number, slotsPerWorkspace?: number): Promise<Job[]>;
  /** Sends the heartbeat of these jobs. */
  touch(queue: string, ids: readonly string[]): Promise<void>;
  /** Removes fetched jobs, unless another worker has fetched them since. */
  discard(queue: string, jobs: readonly Job[]): Promise<void>;
  /** Changes the priorities of waiting jobs. */
  reorder(tx: Transaction, queue: string, jobs: readonly { id: string; priority: number }[]): Promise<void>;
  /** Delays waiting jobs by at least `ms` milliseconds from now. @param jobs a query of their `name` and `id`. */
  postponeAll(tx: Transaction, jobs: Prisma.Sql, ms: number): Promise<void>;
  /** Removes jobs, whether they wait or run. */
  remove(tx: Transaction, queue: string, ids: readonly string[]): Promise<void>;
  /** Removes jobs, which may be thousands, in one statement. @param jobs a query of their `name` (queue) and `id`. */
  removeAll(tx: Transaction, jobs: Prisma.Sql): Promise<void>;
  /** Runs the jobs of a queue one at a time until `stop`. A job that throws is tried again. */
  serve(queue: string, handler: (data: unknown) => Promise<void>): Promise<void>;
  /** Adds a job by a cron expression (UTC), once for all instances. */
  schedule(queue: string, cron: string): Promise<void>;
  /** Calls `listener` when a queue may have work. Calls may be lost, so callers also poll. @returns a function that ends it. */
  onWork(listener: (queue: string) => void): () => void;
};

/**
 * The job queues, on pg-boss.
 *
 * @param bossOptions how to reach the database.
 * @param kinds the kinds of runs that have queues.
 */
export function createJobs(
  bossOptions: ConstructorOptions,
  logger: Logger,
  kinds: readonly string[] = runKinds,
): Jobs {
  const queues = allQueues(kinds);
  const boss = new PgBoss({ ...bossOptions, schedule: true });
  boss.on('error', (error) => logger.warn({ error: error.message }, 'job engine'));
  const listeners = new Set<(queue: string) => void>();
  const wake = (queue: string) => listeners.forEach((listener) => listener(queue));
  let subscription: ListenHandle | undefined;
  return {
    async start() {
      await boss.start();
      const existing = new Map((await boss.getQueues()).map((queue) => [queue.name, queue]));
      for (const [name, options] of queues) {
        const queue = existing.get(name);
        if (queue === undefined) await boss.createQueue(name, options);
        else if (!isDeepStrictEqual({ ...queue, ...options }, { ...queue })) {
          await boss.updateQueue(name, options);
        } else continue;
        // Makes pg-boss load the queue now, on its own connection. Later, inside a transaction of the embedded database,
        // that would deadlock.
        await boss.fetch(name, { batchSize: 1, minPriority: 2_147_483_647 });
      }
      subscription = await listen(boss, wake, () => [...queues.keys()].forEach(wake));
    },
    async stop() {
      await subscription?.close();
      await boss.stop({ graceful: false });
    },
    async enqueue(tx, queue, newJobs) {
      if (newJobs.length === 0) return;
      const rows = newJobs.map(({ ownerId, delaySeconds: startAfter = 0, ...job }) => ({
        ...job,
        startAfter,
        group: { id: ownerId },
      }));
      await boss.insert(queue, rows, { db: fromPrisma(tx), returnId: false });
    },
    async fetch(queue, count, slotsPerWorkspace) {
      const fetched = await boss.fetch(queue, {
        batchSize: count,
        includeMetadata: true,
        ...(slotsPerWorkspace === undefined ? {} : { groupConcurrency: slotsPerWorkspace }),
      });
      return fetched.map(({ id, data, priority, startedOn: fetchedAt }) => ({
        id,
        queue,
        data,
        priority,
        fetchedAt,
      }));
    },
    async touch(queue, ids) {
      await boss.touch(queue, [...ids]);
    },
    async discard(queue, fetched) {
      const wanted = fetched.map(({ id, fetchedAt }) => ({ id, fetchedAt: fetchedAt.getTime() }));
      await boss.getDb().executeSql(
        `DELETE FROM pgboss.job j USING jsonb_to_recordset($2::jsonb) AS w(id uuid, "fetchedAt" bigint)
         WHERE j.name = $1 AND j.id = w.id AND ${isStillFetched('w."fetchedAt"')}`,
        [queue, JSON.stringify(wanted)],
      );
    },
    async reorder(tx, queue, reordered) {
      await tx.$executeRaw`
        UPDATE pgboss.job j SET priority = p.priority
        FROM jsonb_to_recordset(${JSON.stringify(reordered)}::jsonb) AS p(id uuid, priority int)
        WHERE j.name = ${queue} AND j.id = p.id AND j.state < 'active'`;
    },
    async postponeAll(tx, those, ms) {
      await tx.$executeRaw`
        UPDATE pgboss.job j SET start_after = greatest(j.start_after, now() + ${ms}::int * interval '1 millisecond')
        WHERE (j.name, j.id) IN (${those}) AND j.state < 'active'`;
    },
    async remove(tx, queue, ids) {
      // pg-boss rejects an empty list.
      if (ids.length === 0) return;
      await boss.deleteJob(queue, [...ids], { db: fromPrisma(tx) });
    },
    async removeAll(tx, those) {
      await tx.$executeRaw`DELETE FROM pgboss.job WHERE (name, id) IN (${those})`;
    },
    async serve(queue, handler) {
      await boss.work(queue, { pollingIntervalSeconds: servePollSeconds }, async ([job]) => {
        if (job !== undefined) await handler(job.data);
      });
    },
    async schedule(queue, cron) {
      await boss.schedule(queue, cron);
    },
    onWork(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Listens to the channel of pg-boss' notifications. Its own listener wakes only its `work()` loops. */
async function listen(
  boss: PgBoss,
  wake: (queue: string) => void,
  wakeAll: () => void,
): Promise<ListenHandle | undefined> {
  const db = boss.getDb();
  // As pg-boss computes it (plans.notifyChannelSql), for the default schema.
  const { rows } = await db.executeSql(
    `SELECT 'pgboss_' || left(encode(sha224('pgboss'::bytea), 'hex'), 24) AS channel`,
  );
  return db.listen?.(String(rows[0].channel), wake, wakeAll);
}
