-- CreateTable
CREATE TABLE "batch_spends" (
    "batchId" UUID NOT NULL,
    "ownerId" UUID NOT NULL,
    "committedMicros" BIGINT NOT NULL,

    CONSTRAINT "batch_spends_pkey" PRIMARY KEY ("batchId")
);

-- CreateTable
CREATE TABLE "monthly_spends" (
    "ownerId" UUID NOT NULL,
    "month" DATE NOT NULL,
    "committedMicros" BIGINT NOT NULL,

    CONSTRAINT "monthly_spends_pkey" PRIMARY KEY ("ownerId","month")
);

-- CreateIndex
CREATE INDEX "batch_spends_ownerId_idx" ON "batch_spends"("ownerId");

-- What a call takes of its budgets: the most it may cost until that is known, then what it cost.
CREATE FUNCTION committed_micros(status "ProviderCallStatus", estimate BIGINT, cost BIGINT) RETURNS BIGINT
LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN status IN ('SETTLED', 'FAILED') THEN coalesce(cost, 0) ELSE estimate END $$;

CREATE FUNCTION spend_month(at TIMESTAMPTZ) RETURNS DATE
LANGUAGE sql IMMUTABLE AS $$ SELECT date_trunc('month', at AT TIME ZONE 'UTC')::date $$;

-- Batches before months, each in order: everybody locks these rows in this order (ledger-statements.ts does too).
CREATE FUNCTION add_to_spends(batches UUID[], owners UUID[], months DATE[], amounts BIGINT[]) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO batch_spends AS s ("batchId", "ownerId", "committedMicros")
  SELECT batch, owner, sum(amount) FROM unnest(batches, owners, amounts) AS c(batch, owner, amount) GROUP BY 1, 2 ORDER BY 1
  ON CONFLICT ("batchId") DO UPDATE SET "committedMicros" = s."committedMicros" + excluded."committedMicros";
  INSERT INTO monthly_spends AS s ("ownerId", month, "committedMicros")
  SELECT owner, month, sum(amount) FROM unnest(owners, months, amounts) AS c(owner, month, amount) GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT ("ownerId", month) DO UPDATE SET "committedMicros" = s."committedMicros" + excluded."committedMicros";
END $$;

-- Whatever writes the ledger, both sums follow in the same transaction.
CREATE FUNCTION count_new_calls() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM add_to_spends(array_agg("batchId"), array_agg("ownerId"), array_agg(spend_month("createdAt")),
                        array_agg(committed_micros(status, "estimateMicros", "costMicros")))
  FROM after;
  RETURN NULL;
END $$;

CREATE FUNCTION count_changed_calls() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM add_to_spends(array_agg("batchId"), array_agg("ownerId"), array_agg(spend_month("createdAt")), array_agg(change))
  FROM (
    SELECT a."batchId", a."ownerId", a."createdAt",
           committed_micros(a.status, a."estimateMicros", a."costMicros") - committed_micros(b.status, b."estimateMicros", b."costMicros") AS change
    FROM after a JOIN before b USING (id)) c
  WHERE change <> 0;
  RETURN NULL;
END $$;

CREATE TRIGGER count_new_calls AFTER INSERT ON provider_calls
REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION count_new_calls();

CREATE TRIGGER count_changed_calls AFTER UPDATE ON provider_calls
REFERENCING NEW TABLE AS after OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION count_changed_calls();

INSERT INTO batch_spends
SELECT "batchId", "ownerId", sum(committed_micros(status, "estimateMicros", "costMicros")) FROM provider_calls GROUP BY 1, 2;

INSERT INTO monthly_spends
SELECT "ownerId", spend_month("createdAt"), sum(committed_micros(status, "estimateMicros", "costMicros")) FROM provider_calls GROUP BY 1, 2;
