-- CreateTable
CREATE TABLE "plan_items" (
    "id" UUID NOT NULL,
    "ownerId" UUID NOT NULL,
    "campaignId" UUID NOT NULL,
    "batchId" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "angle" TEXT,
    "hook" TEXT,
    "keyMessage" TEXT,
    "scene" TEXT,
    "audience" TEXT,
    "author" "RevisionAuthor",
    "plannedAt" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "plan_items_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "plan_items_ownerId_idx" ON "plan_items"("ownerId");

-- CreateIndex
CREATE INDEX "plan_items_campaignId_idx" ON "plan_items"("campaignId");

-- CreateIndex
CREATE UNIQUE INDEX "plan_items_batchId_position_key" ON "plan_items"("batchId", "position");

-- AddForeignKey
ALTER TABLE "plan_items" ADD CONSTRAINT "plan_items_ownerId_fkey" FOREIGN KEY ("ownerId") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "plan_items" ADD CONSTRAINT "plan_items_campaignId_fkey" FOREIGN KEY ("campaignId") REFERENCES "campaigns"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "plan_items" ADD CONSTRAINT "plan_items_batchId_fkey" FOREIGN KEY ("batchId") REFERENCES "batches"("id") ON DELETE CASCADE ON UPDATE CASCADE;
