-- CreateTable
CREATE TABLE "brands" (
    "id" UUID NOT NULL,
    "ownerId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "brands_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "brand_versions" (
    "brandId" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "content" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "brand_versions_pkey" PRIMARY KEY ("brandId","number")
);

-- CreateIndex
CREATE INDEX "brands_ownerId_createdAt_id_idx" ON "brands"("ownerId", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "brands_ownerId_updatedAt_id_idx" ON "brands"("ownerId", "updatedAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "brands_ownerId_name_id_idx" ON "brands"("ownerId", "name", "id");

-- AddForeignKey
ALTER TABLE "brands" ADD CONSTRAINT "brands_ownerId_fkey" FOREIGN KEY ("ownerId") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "brand_versions" ADD CONSTRAINT "brand_versions_brandId_fkey" FOREIGN KEY ("brandId") REFERENCES "brands"("id") ON DELETE CASCADE ON UPDATE CASCADE;
