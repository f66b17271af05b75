-- AlterTable
ALTER TABLE "batches" ADD COLUMN     "deletedCount" INTEGER NOT NULL DEFAULT 0;
