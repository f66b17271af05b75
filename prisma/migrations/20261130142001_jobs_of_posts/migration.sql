-- Queue, lease and failures of a post are its run's. The release before this one writes the columns of before.
ALTER TABLE "posts" ALTER COLUMN "jobId" SET DEFAULT gen_random_uuid();
