-- AlterTable
ALTER TABLE "batches" ADD COLUMN     "retrying" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "campaigns" ADD COLUMN     "deletedAt" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "images" ADD COLUMN     "removingAt" TIMESTAMPTZ(3);
