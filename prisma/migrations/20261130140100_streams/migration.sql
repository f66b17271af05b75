-- CreateTable
CREATE TABLE "streams" (
    "id" UUID NOT NULL,
    "ownerId" UUID NOT NULL,
    "lastSeq" INTEGER NOT NULL,

    CONSTRAINT "streams_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "streams_ownerId_idx" ON "streams"("ownerId");

-- AddForeignKey
ALTER TABLE "streams" ADD CONSTRAINT "streams_ownerId_fkey" FOREIGN KEY ("ownerId") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE;
