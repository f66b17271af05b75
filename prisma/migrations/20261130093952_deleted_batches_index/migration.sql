-- CreateIndex
CREATE INDEX "batches_deletedAt_idx" ON "batches"("deletedAt");
