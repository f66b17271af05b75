-- CreateIndex
CREATE INDEX "post_revisions_image_idx" ON "post_revisions"("text") WHERE (field = 'IMAGE'::"PostField");
