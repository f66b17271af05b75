-- Outside a transaction
DROP INDEX CONCURRENTLY IF EXISTS "campaigns_brandId_idx";

-- CreateIndex
CREATE INDEX CONCURRENTLY "campaigns_brandId_idx" ON "campaigns"("brandId");
