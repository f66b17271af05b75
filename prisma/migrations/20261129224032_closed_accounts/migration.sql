-- AlterTable
ALTER TABLE "users" ADD COLUMN     "closedAt" TIMESTAMPTZ(3);
