-- Retries under way go on.
UPDATE "batches" SET "retrying" = true WHERE "retriesLeft" > 0;
