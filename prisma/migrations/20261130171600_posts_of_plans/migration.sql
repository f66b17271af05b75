-- AlterTable
ALTER TABLE "posts" ADD COLUMN     "altText" TEXT,
ADD COLUMN     "altTextRevision" INTEGER,
ADD COLUMN     "brandId" UUID,
ADD COLUMN     "brandVersion" INTEGER,
ADD COLUMN     "findingCodes" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "findings" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "language" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "planItemId" UUID;
