-- Outside a transaction
DROP INDEX CONCURRENTLY IF EXISTS "campaigns_search_idx";

-- CreateIndex
CREATE INDEX CONCURRENTLY "campaigns_search_idx" ON "campaigns" USING GIN ("name" gin_trgm_ops, "brand" gin_trgm_ops);
