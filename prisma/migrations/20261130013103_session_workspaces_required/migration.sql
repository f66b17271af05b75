-- AlterTable
ALTER TABLE "sessions" ALTER COLUMN "workspaceId" SET NOT NULL;
