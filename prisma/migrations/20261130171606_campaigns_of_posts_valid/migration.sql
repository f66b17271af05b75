ALTER TABLE "posts" VALIDATE CONSTRAINT "posts_campaignId_fkey";
