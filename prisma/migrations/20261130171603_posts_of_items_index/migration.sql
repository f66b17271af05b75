-- Outside a transaction
DROP INDEX CONCURRENTLY IF EXISTS "posts_planItemId_idx";

-- CreateIndex
CREATE INDEX CONCURRENTLY "posts_planItemId_idx" ON "posts"("planItemId");
