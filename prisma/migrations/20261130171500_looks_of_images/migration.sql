-- AlterTable
ALTER TABLE "images" ADD COLUMN     "height" INTEGER,
ADD COLUMN     "thumbhash" TEXT,
ADD COLUMN     "width" INTEGER;
