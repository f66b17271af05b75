-- Outside a transaction
DROP INDEX CONCURRENTLY IF EXISTS "posts_open_idx";

-- CreateIndex
CREATE INDEX CONCURRENTLY "posts_open_idx" ON "posts"("status", "turn") WHERE (status = ANY (ARRAY['PENDING'::"PostStatus", 'GENERATING'::"PostStatus"]));

DROP INDEX CONCURRENTLY IF EXISTS "posts_open_of_owner_idx";

-- CreateIndex
CREATE INDEX CONCURRENTLY "posts_open_of_owner_idx" ON "posts"("ownerId", "status", "turn") WHERE (status = ANY (ARRAY['PENDING'::"PostStatus", 'GENERATING'::"PostStatus"]));
