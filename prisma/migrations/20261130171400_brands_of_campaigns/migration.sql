-- AlterTable
ALTER TABLE "campaigns" ADD COLUMN     "brandId" UUID;
