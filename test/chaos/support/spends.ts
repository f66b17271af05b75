/** What a call of the ledger takes of its budgets. */
const committed = `sum(CASE WHEN status IN ('SETTLED', 'FAILED') THEN coalesce("costMicros", 0) ELSE "estimateMicros" END)`;

/** Counts as `n` the batches whose sum is not what the ledger says, or is missing on either side. */
export const wrongBatchSums = `SELECT count(*)::int AS n
  FROM (SELECT "batchId", ${committed} AS micros FROM provider_calls WHERE "batchId" IS NOT NULL GROUP BY 1) l
  FULL JOIN batch_spends s USING ("batchId")
  WHERE l.micros IS DISTINCT FROM s."committedMicros"`;

/** Counts as `n` the months of accounts whose sum is not what the ledger says, or is missing on either side. */
export const wrongMonthSums = `SELECT count(*)::int AS n
  FROM (SELECT "ownerId", date_trunc('month', "createdAt", 'UTC')::date AS month, ${committed} AS micros
        FROM provider_calls GROUP BY 1, 2) l
  FULL JOIN monthly_spends s USING ("ownerId", month)
  WHERE l.micros IS DISTINCT FROM s."committedMicros"`;
