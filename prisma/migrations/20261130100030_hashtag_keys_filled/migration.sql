-- Posts that are there.
UPDATE "posts" SET "hashtagKeys" = "fold_hashtags"("hashtags") WHERE "hashtags" <> '{}' AND "hashtagKeys" = '{}';
