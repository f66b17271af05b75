-- DropForeignKey
ALTER TABLE "batches" DROP CONSTRAINT "batches_campaignId_fkey";

-- DropForeignKey
ALTER TABLE "posts" DROP CONSTRAINT "posts_campaignId_fkey";

-- DropIndex
DROP INDEX "batches_ownerId_status_createdAt_id_idx";

-- DropIndex
DROP INDEX "posts_batchId_status_createdAt_id_idx";

-- DropIndex
DROP INDEX "posts_campaignId_status_createdAt_id_idx";

-- DropIndex
DROP INDEX "posts_ownerId_status_createdAt_id_idx";

-- AlterTable: rows that are there take their campaign's
ALTER TABLE "batches" ADD COLUMN     "channel" "Channel";
UPDATE "batches" t SET "channel" = c."channel" FROM "campaigns" c WHERE c."id" = t."campaignId";
ALTER TABLE "batches" ALTER COLUMN "channel" SET NOT NULL;

-- AlterTable: rows that are there take their campaign's
ALTER TABLE "posts" ADD COLUMN     "channel" "Channel";
UPDATE "posts" t SET "channel" = c."channel" FROM "campaigns" c WHERE c."id" = t."campaignId";
ALTER TABLE "posts" ALTER COLUMN "channel" SET NOT NULL;

-- CreateIndex
CREATE INDEX "batches_ownerId_channel_status_createdAt_id_idx" ON "batches"("ownerId", "channel", "status", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "batches_ownerId_channel_status_postCount_id_idx" ON "batches"("ownerId", "channel", "status", "postCount", "id");

-- CreateIndex
CREATE INDEX "batches_campaignId_status_createdAt_id_idx" ON "batches"("campaignId", "status", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "batches_campaignId_postCount_id_idx" ON "batches"("campaignId", "postCount", "id");

-- CreateIndex
CREATE INDEX "batches_campaignId_status_postCount_id_idx" ON "batches"("campaignId", "status", "postCount", "id");

-- CreateIndex
CREATE INDEX "campaigns_ownerId_channel_status_createdAt_id_idx" ON "campaigns"("ownerId", "channel", "status", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "campaigns_ownerId_channel_status_updatedAt_id_idx" ON "campaigns"("ownerId", "channel", "status", "updatedAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "campaigns_ownerId_channel_status_name_id_idx" ON "campaigns"("ownerId", "channel", "status", "name", "id");

-- CreateIndex
CREATE UNIQUE INDEX "campaigns_id_channel_key" ON "campaigns"("id", "channel");

-- CreateIndex
CREATE INDEX "posts_ownerId_channel_status_review_createdAt_id_idx" ON "posts"("ownerId", "channel", "status", "review", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "posts_ownerId_channel_status_review_position_id_idx" ON "posts"("ownerId", "channel", "status", "review", "position", "id");

-- CreateIndex
CREATE INDEX "posts_campaignId_status_review_createdAt_id_idx" ON "posts"("campaignId", "status", "review", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "posts_campaignId_status_review_position_id_idx" ON "posts"("campaignId", "status", "review", "position", "id");

-- CreateIndex
CREATE INDEX "posts_batchId_status_review_createdAt_id_idx" ON "posts"("batchId", "status", "review", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "posts_batchId_status_review_position_id_idx" ON "posts"("batchId", "status", "review", "position", "id");

-- AddForeignKey
ALTER TABLE "batches" ADD CONSTRAINT "batches_campaignId_channel_fkey" FOREIGN KEY ("campaignId", "channel") REFERENCES "campaigns"("id", "channel") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "posts" ADD CONSTRAINT "posts_campaignId_channel_fkey" FOREIGN KEY ("campaignId", "channel") REFERENCES "campaigns"("id", "channel") ON DELETE CASCADE ON UPDATE CASCADE;
