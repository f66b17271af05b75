-- CreateIndex
CREATE INDEX "posts_batchId_position_id_idx" ON "posts"("batchId", "position", "id");
