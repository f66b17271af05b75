-- CreateTable
CREATE TABLE "user_streams" (
    "userId" UUID NOT NULL,
    "lastSeq" INTEGER NOT NULL,

    CONSTRAINT "user_streams_pkey" PRIMARY KEY ("userId")
);

-- AlterTable
ALTER TABLE "events" ADD COLUMN     "ownerId" UUID,
ADD COLUMN     "userSeq" INTEGER;

-- What happened before streams of accounts were kept: batch after batch, each in its order.
UPDATE "events" e
SET "ownerId" = n."ownerId", "userSeq" = n."userSeq"
FROM (
    SELECT o."batchId", o.seq, b."ownerId",
           row_number() OVER (PARTITION BY b."ownerId" ORDER BY b."createdAt", b.id, o.seq) AS "userSeq"
    FROM "events" o JOIN "batches" b ON b.id = o."batchId"
) n
WHERE e."batchId" = n."batchId" AND e.seq = n.seq;

INSERT INTO "user_streams" ("userId", "lastSeq")
SELECT "ownerId", max("userSeq") FROM "events" GROUP BY "ownerId";

-- AlterTable
ALTER TABLE "events" ALTER COLUMN "ownerId" SET NOT NULL,
ALTER COLUMN "userSeq" SET NOT NULL;

-- CreateIndex
CREATE UNIQUE INDEX "events_ownerId_userSeq_key" ON "events"("ownerId", "userSeq");

-- AddForeignKey
ALTER TABLE "user_streams" ADD CONSTRAINT "user_streams_userId_fkey" FOREIGN KEY ("userId") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
