-- CreateTable
CREATE TABLE "images" (
    "key" TEXT NOT NULL,
    "storedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "images_pkey" PRIMARY KEY ("key")
);

-- What is stored already, as far as rows know of it.
INSERT INTO "images" (key)
SELECT text FROM post_revisions WHERE field = 'IMAGE' AND text IS NOT NULL
UNION SELECT result #>> '{}' FROM provider_calls
WHERE jsonb_typeof(result) = 'string' AND (step = 'image' OR step LIKE 'image:%');
