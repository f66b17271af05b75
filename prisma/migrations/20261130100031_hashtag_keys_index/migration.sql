-- Outside a transaction
DROP INDEX CONCURRENTLY IF EXISTS "posts_hashtagKeys_idx";

-- CreateIndex
CREATE INDEX CONCURRENTLY "posts_hashtagKeys_idx" ON "posts" USING GIN ("hashtagKeys");
