import { Prisma } from '../../store/generated/prisma/client.ts';

/*
 * The SQL of the ledger. Triggers on `provider_calls` keep the sums in `batch_spends` and `monthly_spends`, so no statement
 * here adds up money. Locks are taken in one order: batches, calls, spends of batches, spends of months.
 */

/**
 * Opens calls: $1 is a JSON array of them, $2 the monthly budget in millionths of a US dollar or null, $3 the time.
 * One statement for any number of jobs, which `job` numbers: all calls of a job or none. A step with an open call gets no
 * second one: another worker may be buying it. A call without a batch needs none that runs, and counts in its month alone.
 * Locks the batches against pause and cancel, and the sums of budgets, so that two instances cannot both take what is left.
 */
export const openStatement = `
    WITH wanted AS (
      SELECT * FROM jsonb_to_recordset($1::jsonb) AS w(
        job int, id uuid, "subjectId" uuid, "ownerId" uuid, "campaignId" uuid, "batchId" uuid,
        step text, model text, "estimateMicros" bigint)
    ), running AS MATERIALIZED (
      SELECT id, status, "maxCostMicros" FROM batches
      WHERE id IN (SELECT "batchId" FROM wanted) ORDER BY id FOR KEY SHARE
    ), bought AS (
      SELECT DISTINCT ON (c."subjectId", c.step) c."subjectId", c.step, c.result, c.model
      FROM provider_calls c JOIN wanted w ON w."subjectId" = c."subjectId" AND w.step = c.step
      WHERE c.status = 'SETTLED'
      ORDER BY c."subjectId", c.step, c.id DESC
    ), unbought AS (
      -- The count makes sure that all batches are locked before the first sum.
      SELECT w.* FROM wanted w
      WHERE (SELECT count(*) FROM running) >= 0
        AND NOT EXISTS (SELECT 1 FROM bought b WHERE b."subjectId" = w."subjectId" AND b.step = w.step)
    ), stopped AS (
      SELECT u.job FROM unbought u LEFT JOIN running r ON r.id = u."batchId"
      WHERE u."batchId" IS NOT NULL AND r.status IS DISTINCT FROM 'RUNNING'
      UNION SELECT u.job FROM unbought u JOIN provider_calls o ON o."subjectId" = u."subjectId" AND o.step = u.step
      WHERE o.status IN ('INTENT', 'SENT')
      UNION SELECT u.job FROM unbought u JOIN wanted e ON e."subjectId" = u."subjectId" AND e.step = u.step AND e.job < u.job
    ), missing AS (
      SELECT * FROM unbought WHERE job NOT IN (SELECT job FROM stopped)
    ), budgeted AS (
      SELECT * FROM missing
      WHERE $2::bigint IS NOT NULL OR EXISTS (SELECT 1 FROM running WHERE "maxCostMicros" IS NOT NULL)
    ), batch_sums AS (
      INSERT INTO batch_spends AS s ("batchId", "ownerId", "committedMicros")
      SELECT DISTINCT "batchId", "ownerId", 0 FROM budgeted WHERE "batchId" IS NOT NULL ORDER BY 1
      ON CONFLICT ("batchId") DO UPDATE SET "committedMicros" = s."committedMicros"
      RETURNING "batchId", "committedMicros"
    ), month_sums AS (
      -- The count makes sure that the sums of batches are locked first.
      INSERT INTO monthly_spends AS s ("ownerId", month, "committedMicros")
      SELECT DISTINCT "ownerId", spend_month($3::timestamptz), 0 FROM budgeted
      WHERE (SELECT count(*) FROM batch_sums) >= 0 ORDER BY 1
      ON CONFLICT ("ownerId", month) DO UPDATE SET "committedMicros" = s."committedMicros"
      RETURNING "ownerId", "committedMicros"
    ), full_batches AS (
      SELECT r.id FROM running r JOIN batch_sums s ON s."batchId" = r.id
      WHERE s."committedMicros" + (SELECT sum(m."estimateMicros") FROM missing m WHERE m."batchId" = r.id) > r."maxCostMicros"
    ), full_owners AS (
      SELECT s."ownerId" AS id FROM month_sums s
      WHERE s."committedMicros" + (SELECT sum(m."estimateMicros") FROM missing m WHERE m."ownerId" = s."ownerId") > $2::bigint
    ), written AS (
      INSERT INTO provider_calls (id, "subjectId", "ownerId", "campaignId", "batchId", step, model, "estimateMicros", "createdAt")
      SELECT id, "subjectId", "ownerId", "campaignId", "batchId", step, model, "estimateMicros", $3::timestamptz FROM missing m
      WHERE NOT EXISTS (SELECT 1 FROM full_batches f WHERE f.id = m."batchId") AND "ownerId" NOT IN (SELECT id FROM full_owners)
    )
    SELECT w.id, b.result, b.model,
           CASE WHEN b.step IS NOT NULL THEN 'BOUGHT'
                WHEN w.id NOT IN (SELECT id FROM missing) THEN 'NOT_RUNNING'
                WHEN w."batchId" IN (SELECT id FROM full_batches) THEN 'BATCH_BUDGET_EXCEEDED'
                WHEN w."ownerId" IN (SELECT id FROM full_owners) THEN 'MONTHLY_BUDGET_EXCEEDED'
                ELSE 'OPEN' END AS state
    FROM wanted w LEFT JOIN bought b ON b."subjectId" = w."subjectId" AND b.step = w.step`;

/** Marks the calls $1 as sent. Returns those that still may go out. */
export const sentStatement = `
    UPDATE provider_calls SET status = 'SENT'
    WHERE status = 'INTENT' AND id IN (SELECT id FROM provider_calls WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE)
    RETURNING id`;

/**
 * Ends calls: $1 is a JSON array of endings. An open call ends once. An unknown one may still be settled, or turn out to
 * have cost nothing. Of two answers for one step the first counts as bought. What a deleted batch has bought is paid, and not kept. Returns owner,
 * campaign, batch and subject of each call.
 */
export const endStatement = `
    WITH endings AS (
      SELECT * FROM jsonb_to_recordset($1::jsonb) AS e(
        "callId" uuid, status text, "latencyMs" int, "inputTokens" int, "outputTokens" int, "costMicros" bigint,
        "requestId" text, "errorCode" text, result jsonb)
    ), held AS MATERIALIZED (
      SELECT id, status, "subjectId", step, "batchId" FROM provider_calls
      WHERE id IN (SELECT "callId" FROM endings) ORDER BY id FOR NO KEY UPDATE
    ), judged AS (
      SELECT e.*, e.status = 'SETTLED' AND EXISTS (
               SELECT 1 FROM provider_calls o WHERE o."subjectId" = h."subjectId" AND o.step = h.step AND o.status = 'SETTLED') AS "isSecond",
             h."batchId" IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM batches b WHERE b.id = h."batchId" AND b."deletedAt" IS NULL) AS "isDeleted"
      FROM endings e JOIN held h ON h.id = e."callId"
      WHERE h.status IN ('INTENT', 'SENT') OR (h.status = 'UNKNOWN' AND e.status <> 'UNKNOWN')
    )
    UPDATE provider_calls c
    SET status = CASE WHEN j."isSecond" THEN 'FAILED' ELSE j.status::"ProviderCallStatus" END,
        "errorCode" = CASE WHEN j."isSecond" THEN 'BOUGHT_TWICE' ELSE j."errorCode" END,
        result = CASE WHEN j."isSecond" OR j."isDeleted" THEN NULL ELSE j.result END,
        "latencyMs" = j."latencyMs", "inputTokens" = j."inputTokens", "outputTokens" = j."outputTokens",
        "costMicros" = j."costMicros", "requestId" = j."requestId", "settledAt" = now()
    FROM judged j
    WHERE c.id = j."callId"
    RETURNING c."ownerId", c."campaignId", c."batchId", c."subjectId" AS "postId"`;

/**
 * Closes the open calls of subjects that nobody works on any more: FAILED if they were not sent, UNKNOWN if they were.
 *
 * @param subjects a query or an array to put after `"subjectId" = ANY`, in brackets.
 */
export function closeCalls(subjects: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    UPDATE provider_calls c
    SET status = CASE c.status WHEN 'SENT' THEN 'UNKNOWN'::"ProviderCallStatus" ELSE 'FAILED' END,
        "errorCode" = CASE c.status WHEN 'SENT' THEN 'ANSWER_LOST' ELSE 'NEVER_SENT' END, "settledAt" = now()
    WHERE c.status IN ('INTENT', 'SENT') AND c.id IN (
      SELECT o.id FROM provider_calls o WHERE o.status IN ('INTENT', 'SENT') AND o."subjectId" = ANY ${subjects}
      ORDER BY o.id FOR NO KEY UPDATE)`;
}
