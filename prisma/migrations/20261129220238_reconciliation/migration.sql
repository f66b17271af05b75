-- AlterTable
ALTER TABLE "batches" ADD COLUMN     "reconcileFrom" INTEGER,
ADD COLUMN     "retriesLeft" INTEGER NOT NULL DEFAULT 0;

-- CreateIndex
CREATE INDEX "batches_reconcileFrom_idx" ON "batches"("reconcileFrom");
