-- CreateIndex
CREATE INDEX "users_closedAt_idx" ON "users"("closedAt");
