-- A post with a run is out of reach for the release before this one, which would claim or recover it by these columns. It runs the
-- posts that it wrote itself, until this release takes them over (services/posts/earlier-release.ts).
CREATE FUNCTION "keep_posts_of_runs"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM "runs" WHERE "subjectId" = OLD."id") THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER "posts_keep_those_of_runs" BEFORE UPDATE OF "jobId", "leaseId" ON "posts"
FOR EACH ROW WHEN (NEW."jobId" IS DISTINCT FROM OLD."jobId" OR NEW."leaseId" IS DISTINCT FROM OLD."leaseId")
EXECUTE FUNCTION "keep_posts_of_runs"();
