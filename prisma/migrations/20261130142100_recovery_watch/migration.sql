-- CreateTable
CREATE TABLE "recovery_watches" (
    "id" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "steadySince" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "recovery_watches_pkey" PRIMARY KEY ("id")
);
