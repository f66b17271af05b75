-- AlterTable
ALTER TABLE "batches" ADD COLUMN     "channels" "Channel"[] DEFAULT ARRAY[]::"Channel"[],
ADD COLUMN     "foundCount" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "imageCandidates" INTEGER NOT NULL DEFAULT 1,
ADD COLUMN     "itemCount" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "languages" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "needsApproval" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "planRound" INTEGER NOT NULL DEFAULT 0;
