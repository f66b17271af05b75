-- CreateIndex
CREATE INDEX "batches_ownerId_postCount_id_idx" ON "batches"("ownerId", "postCount", "id");

-- CreateIndex
CREATE INDEX "posts_ownerId_position_id_idx" ON "posts"("ownerId", "position", "id");

-- CreateIndex
CREATE INDEX "posts_campaignId_position_id_idx" ON "posts"("campaignId", "position", "id");
