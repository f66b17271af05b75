-- The release before this one gives every waiting post a job, so also one that waits for its plan or its image. It can neither claim
-- such a post nor give it a job; what was in its hands may be put back.
CREATE OR REPLACE FUNCTION "keep_posts_of_runs"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD."planItemId" IS NOT NULL AND (NEW."jobId" IS DISTINCT FROM OLD."jobId" OR NEW."leaseId" IS NOT NULL) THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT 1 FROM "runs" WHERE "subjectId" = OLD."id") THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$$;
