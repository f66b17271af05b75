-- Neither readers nor writers wait for this.
ALTER TABLE "sessions" VALIDATE CONSTRAINT "sessions_workspaceId_userId_fkey";
ALTER TABLE "campaigns" VALIDATE CONSTRAINT "campaigns_workspace_fkey";
ALTER TABLE "batches" VALIDATE CONSTRAINT "batches_workspace_fkey";
ALTER TABLE "posts" VALIDATE CONSTRAINT "posts_workspace_fkey";
ALTER TABLE "idempotency_keys" VALIDATE CONSTRAINT "idempotency_keys_workspace_fkey";
ALTER TABLE "user_streams" VALIDATE CONSTRAINT "user_streams_workspace_fkey";
