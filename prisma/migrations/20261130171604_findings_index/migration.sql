-- Outside a transaction
DROP INDEX CONCURRENTLY IF EXISTS "posts_findingCodes_idx";

-- CreateIndex
CREATE INDEX CONCURRENTLY "posts_findingCodes_idx" ON "posts" USING GIN ("findingCodes");
