-- CreateEnum
CREATE TYPE "RunState" AS ENUM ('WAITING', 'RUNNING', 'PARKED');

-- CreateTable
CREATE TABLE "runs" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "ownerId" UUID NOT NULL,
    "subjectId" UUID NOT NULL,
    "campaignId" UUID,
    "batchId" UUID,
    "parentId" UUID,
    "payload" JSONB NOT NULL DEFAULT '{}',
    "isShort" BOOLEAN NOT NULL DEFAULT false,
    "state" "RunState" NOT NULL DEFAULT 'WAITING',
    "queuePosition" INTEGER NOT NULL,
    "jobId" UUID NOT NULL,
    "leaseId" UUID,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "crashes" INTEGER NOT NULL DEFAULT 0,
    "openChildren" INTEGER NOT NULL DEFAULT 0,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "runs_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "runs_subjectId_key" ON "runs"("subjectId");

-- CreateIndex
CREATE INDEX "runs_state_queuePosition_idx" ON "runs"("state", "queuePosition");

-- CreateIndex
CREATE INDEX "runs_kind_isShort_state_queuePosition_idx" ON "runs"("kind", "isShort", "state", "queuePosition");

-- CreateIndex
CREATE INDEX "runs_ownerId_kind_isShort_state_queuePosition_idx" ON "runs"("ownerId", "kind", "isShort", "state", "queuePosition");

-- CreateIndex
CREATE INDEX "runs_batchId_state_queuePosition_idx" ON "runs"("batchId", "state", "queuePosition");

-- AddForeignKey
ALTER TABLE "runs" ADD CONSTRAINT "runs_ownerId_fkey" FOREIGN KEY ("ownerId") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE;
