-- AddForeignKey: rows that are there are looked at by the next migration, so that writers wait for nothing.
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_workspaceId_userId_fkey" FOREIGN KEY ("workspaceId", "userId") REFERENCES "memberships"("workspaceId", "userId") ON DELETE CASCADE ON UPDATE CASCADE NOT VALID;
ALTER TABLE "campaigns" ADD CONSTRAINT "campaigns_workspace_fkey" FOREIGN KEY ("ownerId") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE NOT VALID;
ALTER TABLE "batches" ADD CONSTRAINT "batches_workspace_fkey" FOREIGN KEY ("ownerId") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE NOT VALID;
ALTER TABLE "posts" ADD CONSTRAINT "posts_workspace_fkey" FOREIGN KEY ("ownerId") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE NOT VALID;
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_workspace_fkey" FOREIGN KEY ("ownerId") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE NOT VALID;
ALTER TABLE "user_streams" ADD CONSTRAINT "user_streams_workspace_fkey" FOREIGN KEY ("userId") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE NOT VALID;
