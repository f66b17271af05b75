-- AlterTable
ALTER TABLE "batches" ADD COLUMN     "deletedAt" TIMESTAMPTZ(3);
