-- AlterTable
ALTER TABLE "batches" ADD COLUMN     "retrying" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "campaigns" ADD COLUMN     "deletedAt" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "images" ADD COLUMN     "removingAt" TIMESTAMPTZ(3);

-- CreateIndex
CREATE INDEX "campaigns_deletedAt_idx" ON "campaigns"("deletedAt");

-- Retries under way go on.
UPDATE "batches" SET "retrying" = true WHERE "retriesLeft" > 0;
