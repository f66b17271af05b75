-- Outside a transaction
DROP INDEX CONCURRENTLY IF EXISTS "brand_versions_logo_idx";

-- Whose logo a file is. schema.prisma has no indexes of expressions.
CREATE INDEX CONCURRENTLY "brand_versions_logo_idx" ON "brand_versions" ((content->'visual'->'logo'->>'key'));
