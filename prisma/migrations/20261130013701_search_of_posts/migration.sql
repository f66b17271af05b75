-- Outside a transaction
DROP INDEX CONCURRENTLY IF EXISTS "posts_search_idx";

-- CreateIndex
CREATE INDEX CONCURRENTLY "posts_search_idx" ON "posts" USING GIN ("caption" gin_trgm_ops, "targetAudience" gin_trgm_ops);
