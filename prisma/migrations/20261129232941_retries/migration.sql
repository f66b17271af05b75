-- AlterTable
ALTER TABLE "batches" ADD COLUMN     "retrying" BOOLEAN NOT NULL DEFAULT false;
