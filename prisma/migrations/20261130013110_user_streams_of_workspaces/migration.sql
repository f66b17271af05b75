-- DropForeignKey: an owner is a workspace, not a user.
ALTER TABLE "user_streams" DROP CONSTRAINT "user_streams_userId_fkey";
ALTER TABLE "user_streams" RENAME CONSTRAINT "user_streams_workspace_fkey" TO "user_streams_userId_fkey";
