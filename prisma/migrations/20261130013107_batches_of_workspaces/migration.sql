-- DropForeignKey: an owner is a workspace, not a user.
ALTER TABLE "batches" DROP CONSTRAINT "batches_ownerId_fkey";
ALTER TABLE "batches" RENAME CONSTRAINT "batches_workspace_fkey" TO "batches_ownerId_fkey";
