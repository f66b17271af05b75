-- CreateEnum
CREATE TYPE "BatchPriority" AS ENUM ('LOW', 'NORMAL', 'HIGH');

-- AlterEnum
-- This migration adds more than one value to an enum.
-- With PostgreSQL versions 11 and earlier, this is not possible
-- in a single migration. This can be worked around by creating
-- multiple migrations, each migration adding only one value to
-- the enum.


ALTER TYPE "BatchStatus" ADD VALUE 'PAUSED';
ALTER TYPE "BatchStatus" ADD VALUE 'CANCELLED';

-- AlterEnum
-- This migration adds more than one value to an enum.
-- With PostgreSQL versions 11 and earlier, this is not possible
-- in a single migration. This can be worked around by creating
-- multiple migrations, each migration adding only one value to
-- the enum.


ALTER TYPE "ProviderCallStatus" ADD VALUE 'SENT';
ALTER TYPE "ProviderCallStatus" ADD VALUE 'UNKNOWN';

-- AlterTable
ALTER TABLE "batches" ADD COLUMN     "cancelledCount" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "committedMicros" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "maxCostMicros" BIGINT,
ADD COLUMN     "pauseReason" TEXT,
ADD COLUMN     "priority" "BatchPriority" NOT NULL DEFAULT 'NORMAL';

-- AlterTable
ALTER TABLE "posts" ADD COLUMN     "jobId" UUID NOT NULL;

-- AlterTable
ALTER TABLE "provider_calls" ADD COLUMN     "campaignId" UUID NOT NULL,
ADD COLUMN     "estimateMicros" BIGINT NOT NULL;

-- AlterTable
ALTER TABLE "users" ADD COLUMN     "spendMicros" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "spendMonth" DATE;

-- CreateTable
CREATE TABLE "provider_outages" (
    "instanceId" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "provider_outages_pkey" PRIMARY KEY ("instanceId")
);
