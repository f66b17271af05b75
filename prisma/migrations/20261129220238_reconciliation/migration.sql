-- AlterTable
ALTER TABLE "batches" ADD COLUMN     "reconcileFrom" INTEGER,
ADD COLUMN     "retriesLeft" INTEGER NOT NULL DEFAULT 0;
