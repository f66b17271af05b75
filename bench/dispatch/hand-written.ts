import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import pg from 'pg';
import { z } from 'zod';

/**
 * What Pressrun's worker is held against: the loop that one would write by hand, with the same calls and the
 * same writes into tables like Pressrun's, indexes included, and no leases, limits, budgets or recovery.
 */
export type HandWritten = {
  /** Writes a batch with its jobs and works them off. */
  run(postCount: number): Promise<void>;
  close(): Promise<void>;
};

const answer = z.object({ data: z.array(z.object({ b64_json: z.string() })) });
const captionAnswer = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })),
});
const caption = z.object({ caption: z.string(), hashtags: z.array(z.string()) });
const jobRow = z.object({ id: z.string(), postId: z.string() });
const postRow = z.object({ ownerId: z.string(), campaignId: z.string(), batchId: z.string() });

const tables = ['batches', 'posts', 'events', 'user_streams', 'provider_calls'];

/** @param slots posts at the same time. The pool is as large as Pressrun's two together. */
export async function openHandWritten(
  databaseUrl: string,
  providerUrl: string,
  folder: string,
  slots: number,
): Promise<HandWritten> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 14 });
  await mkdir(folder, { recursive: true });
  await pool.query(`CREATE SCHEMA hand`);
  for (const table of tables)
    await pool.query(`CREATE TABLE hand.${table} (LIKE public.${table} INCLUDING ALL)`);
  await pool.query(`
    CREATE TABLE hand.job (id uuid PRIMARY KEY, "postId" uuid NOT NULL, priority int NOT NULL,
      state text NOT NULL DEFAULT 'created', "createdAt" timestamptz NOT NULL DEFAULT now(), "startedAt" timestamptz,
      "completedAt" timestamptz);
    CREATE INDEX ON hand.job (priority DESC, "createdAt", id) WHERE state = 'created'`);

  async function seed(postCount: number): Promise<void> {
    await pool.query(
      `WITH campaign AS (SELECT id, "ownerId", channel FROM public.campaigns LIMIT 1),
       batch AS (
         INSERT INTO hand.batches (id, "ownerId", "campaignId", channel, "postCount", "lastSeq")
         SELECT $1, "ownerId", id, channel, $2::int, 1 FROM campaign RETURNING *
       ), post AS (
         INSERT INTO hand.posts (id, "jobId", "ownerId", "campaignId", channel, "batchId", position, "targetAudience")
         SELECT gen_random_uuid(), gen_random_uuid(), b."ownerId", b."campaignId", b.channel, b.id, n, 'cyclists'
         FROM batch b, generate_series(1, $2::int) AS n RETURNING id, "jobId", position
       )
       INSERT INTO hand.job (id, "postId", priority) SELECT "jobId", id, -position FROM post`,
      [randomUUID(), postCount],
    );
  }

  async function workOff(): Promise<void> {
    for (;;) {
      const { rows } = await pool.query({
        name: 'take',
        text: `UPDATE hand.job SET state = 'active', "startedAt" = now() WHERE id = (
                 SELECT id FROM hand.job WHERE state = 'created' ORDER BY priority DESC, "createdAt", id
                 LIMIT 1 FOR UPDATE SKIP LOCKED)
               RETURNING id, "postId"`,
      });
      if (rows.length === 0) return;
      await writePost(jobRow.parse(rows[0]));
    }
  }

  async function writePost(job: z.output<typeof jobRow>): Promise<void> {
    const { rows } = await pool.query({
      name: 'begin',
      text: `UPDATE hand.posts p SET status = 'GENERATING', "startedAt" = now() FROM public.campaigns c
             WHERE p.id = $1 AND c.id = p."campaignId"
             RETURNING p."ownerId", p."campaignId", p."batchId", c.brand, c.description, c.tone, c.language, c.channel`,
      values: [job.postId],
    });
    const { ownerId, campaignId, batchId } = postRow.parse(rows[0]);
    const calls = [randomUUID(), randomUUID()];
    await pool.query({
      name: 'intend',
      text: `INSERT INTO hand.provider_calls (id, "subjectId", "ownerId", "campaignId", "batchId", step, model, "estimateMicros")
             VALUES ($1, $3, $4, $5, $6, 'caption', 'text', 10000), ($2, $3, $4, $5, $6, 'image', 'image', 10000)`,
      values: [...calls, job.postId, ownerId, campaignId, batchId],
    });
    await pool.query({
      name: 'send',
      text: `UPDATE hand.provider_calls SET status = 'SENT' WHERE id = ANY($1)`,
      values: [calls],
    });
    const [text, imageKey] = await Promise.all([
      writeCaption().then((result) => settle(calls[0], result)),
      drawImage().then((result) => settle(calls[1], result)),
    ]);
    await finish(job, batchId, text, imageKey);
  }

  async function ask(path: string): Promise<unknown> {
    const response = await fetch(`${providerUrl}${path}`, { method: 'POST', body: '{"prompt":"a post"}' });
    return response.json();
  }

  async function writeCaption() {
    const { choices } = captionAnswer.parse(await ask('/chat/completions'));
    return caption.parse(JSON.parse(choices[0]?.message.content ?? ''));
  }

  async function drawImage(): Promise<string> {
    const { data } = answer.parse(await ask('/images/generations'));
    const key = `${randomUUID()}.png`;
    await writeFile(`${folder}/${key}`, Buffer.from(data[0]?.b64_json ?? '', 'base64'));
    return key;
  }

  async function settle<T>(callId: string | undefined, result: T): Promise<T> {
    await pool.query({
      name: 'settle',
      text: `UPDATE hand.provider_calls SET status = 'SETTLED', "inputTokens" = 300, "outputTokens" = 100, "costMicros" = 500,
               "latencyMs" = 1, result = $2, "settledAt" = now() WHERE id = $1`,
      values: [callId, JSON.stringify(result)],
    });
    return result;
  }

  async function finish(
    job: z.output<typeof jobRow>,
    batchId: string,
    text: z.output<typeof caption>,
    imageKey: string,
  ): Promise<void> {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await client.query({
        name: 'complete',
        text: `UPDATE hand.posts SET status = 'COMPLETED', "finishedAt" = now(), caption = $2, hashtags = $3, "imageKey" = $4 WHERE id = $1`,
        values: [job.postId, text.caption, text.hashtags, imageKey],
      });
      await client.query({
        name: 'close',
        text: `UPDATE hand.job SET state = 'completed', "completedAt" = now() WHERE id = $1`,
        values: [job.id],
      });
      await client.query({
        name: 'count',
        text: `WITH counted AS (
                 UPDATE hand.batches SET "completedCount" = "completedCount" + 1, "lastSeq" = "lastSeq" + 1
                 WHERE id = $1 RETURNING id, "ownerId", "lastSeq", "completedCount"
               ), stream AS (
                 INSERT INTO hand.user_streams AS u ("userId", "lastSeq") SELECT "ownerId", 1 FROM counted
                 ON CONFLICT ("userId") DO UPDATE SET "lastSeq" = u."lastSeq" + 1 RETURNING "lastSeq")
               INSERT INTO hand.events ("batchId", seq, "ownerId", "userSeq", type, payload)
               SELECT c.id, c."lastSeq", c."ownerId", s."lastSeq", 'POST_COMPLETED',
                      jsonb_build_object('postId', $2::text, 'completedCount', c."completedCount")
               FROM counted c, stream s`,
        values: [batchId, job.postId],
      });
      await client.query('COMMIT');
    } finally {
      client.release();
    }
  }

  return {
    async run(postCount) {
      await seed(postCount);
      await Promise.all(Array.from({ length: slots }, workOff));
    },
    close: () => pool.end(),
  };
}
