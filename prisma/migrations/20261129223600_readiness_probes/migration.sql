-- CreateTable
CREATE TABLE "readiness_probes" (
    "id" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "readiness_probes_pkey" PRIMARY KEY ("id")
);
