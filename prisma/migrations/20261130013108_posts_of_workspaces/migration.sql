-- DropForeignKey: an owner is a workspace, not a user.
ALTER TABLE "posts" DROP CONSTRAINT "posts_ownerId_fkey";
ALTER TABLE "posts" RENAME CONSTRAINT "posts_workspace_fkey" TO "posts_ownerId_fkey";
