-- AlterTable
ALTER TABLE "provider_calls" ALTER COLUMN "campaignId" DROP NOT NULL,
ALTER COLUMN "batchId" DROP NOT NULL;
