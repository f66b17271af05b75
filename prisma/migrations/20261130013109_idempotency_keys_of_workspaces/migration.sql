-- DropForeignKey: an owner is a workspace, not a user.
ALTER TABLE "idempotency_keys" DROP CONSTRAINT "idempotency_keys_ownerId_fkey";
ALTER TABLE "idempotency_keys" RENAME CONSTRAINT "idempotency_keys_workspace_fkey" TO "idempotency_keys_ownerId_fkey";
