-- AlterTable
ALTER TABLE "users" ADD COLUMN     "closedAt" TIMESTAMPTZ(3);

-- CreateIndex
CREATE INDEX "users_closedAt_idx" ON "users"("closedAt");

-- CreateTable
CREATE TABLE "images" (
    "key" TEXT NOT NULL,
    "storedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "images_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "post_revisions_image_idx" ON "post_revisions"("text") WHERE (field = 'IMAGE'::"PostField");

-- CreateIndex
CREATE INDEX "provider_calls_image_idx" ON "provider_calls"("result") WHERE (jsonb_typeof(result) = 'string'::text);

-- What is stored already, as far as rows know of it.
INSERT INTO "images" (key)
SELECT text FROM post_revisions WHERE field = 'IMAGE' AND text IS NOT NULL
UNION SELECT result #>> '{}' FROM provider_calls
WHERE jsonb_typeof(result) = 'string' AND (step = 'image' OR step LIKE 'image:%');
