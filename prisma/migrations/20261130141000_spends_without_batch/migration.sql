-- A call without a batch counts in its month alone.
CREATE OR REPLACE FUNCTION add_to_spends(batches UUID[], owners UUID[], months DATE[], amounts BIGINT[]) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO batch_spends AS s ("batchId", "ownerId", "committedMicros")
  SELECT batch, owner, sum(amount) FROM unnest(batches, owners, amounts) AS c(batch, owner, amount)
  WHERE batch IS NOT NULL GROUP BY 1, 2 ORDER BY 1
  ON CONFLICT ("batchId") DO UPDATE SET "committedMicros" = s."committedMicros" + excluded."committedMicros";
  INSERT INTO monthly_spends AS s ("ownerId", month, "committedMicros")
  SELECT owner, month, sum(amount) FROM unnest(owners, months, amounts) AS c(owner, month, amount) GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT ("ownerId", month) DO UPDATE SET "committedMicros" = s."committedMicros" + excluded."committedMicros";
END $$;
