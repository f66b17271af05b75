-- DropForeignKey: "batchId" is the id of any stream from here on. Versions of before write batches' alone.
ALTER TABLE "events" DROP CONSTRAINT "events_batchId_fkey";
