-- CreateIndex
CREATE INDEX "batches_reconcileFrom_idx" ON "batches"("reconcileFrom");
