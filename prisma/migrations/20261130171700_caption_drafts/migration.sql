-- CreateTable
CREATE TABLE "caption_drafts" (
    "postId" UUID NOT NULL,
    "batchId" UUID NOT NULL,
    "seq" BIGSERIAL NOT NULL,
    "text" TEXT NOT NULL,

    CONSTRAINT "caption_drafts_pkey" PRIMARY KEY ("postId")
);

-- CreateIndex
CREATE INDEX "caption_drafts_batchId_seq_idx" ON "caption_drafts"("batchId", "seq");

-- AddForeignKey
ALTER TABLE "caption_drafts" ADD CONSTRAINT "caption_drafts_postId_fkey" FOREIGN KEY ("postId") REFERENCES "posts"("id") ON DELETE CASCADE ON UPDATE CASCADE;
