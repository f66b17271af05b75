-- AlterTable
ALTER TABLE "sessions" ADD COLUMN     "workspaceId" UUID;
