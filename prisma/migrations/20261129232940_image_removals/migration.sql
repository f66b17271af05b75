-- AlterTable
ALTER TABLE "images" ADD COLUMN     "removingAt" TIMESTAMPTZ(3);
