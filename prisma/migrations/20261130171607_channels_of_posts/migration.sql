-- DropForeignKey
ALTER TABLE "posts" DROP CONSTRAINT "posts_campaignId_channel_fkey";
