-- DropForeignKey: an owner is a workspace, not a user.
ALTER TABLE "campaigns" DROP CONSTRAINT "campaigns_ownerId_fkey";
ALTER TABLE "campaigns" RENAME CONSTRAINT "campaigns_workspace_fkey" TO "campaigns_ownerId_fkey";
