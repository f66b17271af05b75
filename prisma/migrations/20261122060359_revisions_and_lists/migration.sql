-- CreateEnum
CREATE TYPE "PostPart" AS ENUM ('CAPTION', 'IMAGE', 'BOTH');

-- CreateEnum
CREATE TYPE "PostReview" AS ENUM ('UNREVIEWED', 'APPROVED', 'REJECTED');

-- CreateEnum
CREATE TYPE "PostField" AS ENUM ('CAPTION', 'HASHTAGS', 'IMAGE');

-- CreateEnum
CREATE TYPE "RevisionAuthor" AS ENUM ('PERSON', 'MODEL');

-- DropForeignKey
ALTER TABLE "provider_calls" DROP CONSTRAINT "provider_calls_batchId_fkey";

-- AlterTable
ALTER TABLE "posts" ADD COLUMN     "captionRevision" INTEGER,
ADD COLUMN     "hashtagsRevision" INTEGER,
ADD COLUMN     "imageRevision" INTEGER,
ADD COLUMN     "pinnedFields" "PostField"[] DEFAULT ARRAY[]::"PostField"[],
ADD COLUMN     "remakeCount" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "remakeInstruction" TEXT,
ADD COLUMN     "remakePart" "PostPart",
ADD COLUMN     "review" "PostReview" NOT NULL DEFAULT 'UNREVIEWED',
ADD COLUMN     "reviewNote" TEXT,
ADD COLUMN     "reviewedAt" TIMESTAMPTZ(3),
ADD COLUMN     "revisionCount" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "version" INTEGER NOT NULL DEFAULT 1;

-- CreateTable
CREATE TABLE "post_revisions" (
    "postId" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "field" "PostField" NOT NULL,
    "author" "RevisionAuthor" NOT NULL,
    "text" TEXT,
    "hashtags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "model" TEXT,
    "promptHash" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "post_revisions_pkey" PRIMARY KEY ("postId","number")
);

-- CreateIndex
CREATE INDEX "batches_ownerId_status_createdAt_id_idx" ON "batches"("ownerId", "status", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "campaigns_ownerId_updatedAt_id_idx" ON "campaigns"("ownerId", "updatedAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "campaigns_ownerId_name_id_idx" ON "campaigns"("ownerId", "name", "id");

-- AddForeignKey
ALTER TABLE "post_revisions" ADD CONSTRAINT "post_revisions_postId_fkey" FOREIGN KEY ("postId") REFERENCES "posts"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What was made before revisions were kept is the first of each post. Its prompts are not known.
INSERT INTO "post_revisions" ("postId", "number", "field", "author", "text", "hashtags", "createdAt")
SELECT p."id", f."number", f."field"::"PostField", 'MODEL',
       CASE f."field" WHEN 'CAPTION' THEN p."caption" WHEN 'IMAGE' THEN p."imageKey" END,
       CASE f."field" WHEN 'HASHTAGS' THEN p."hashtags" ELSE ARRAY[]::TEXT[] END,
       coalesce(p."finishedAt", p."createdAt")
FROM "posts" p CROSS JOIN (VALUES (1, 'CAPTION'), (2, 'HASHTAGS'), (3, 'IMAGE')) AS f("number", "field")
WHERE p."status" = 'COMPLETED';

UPDATE "posts" SET "revisionCount" = 3, "captionRevision" = 1, "hashtagsRevision" = 2, "imageRevision" = 3
WHERE "status" = 'COMPLETED';
