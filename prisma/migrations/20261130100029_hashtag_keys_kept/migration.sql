-- The version before this one writes hashtags as well.
CREATE FUNCTION "set_hashtag_keys"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW."hashtagKeys" := "fold_hashtags"(NEW."hashtags");
    RETURN NEW;
END
$$;

CREATE TRIGGER "posts_insert_hashtag_keys" BEFORE INSERT ON "posts"
FOR EACH ROW WHEN (NEW."hashtags" <> '{}') EXECUTE FUNCTION "set_hashtag_keys"();

CREATE TRIGGER "posts_update_hashtag_keys" BEFORE UPDATE OF "hashtags" ON "posts"
FOR EACH ROW WHEN (NEW."hashtags" IS DISTINCT FROM OLD."hashtags") EXECUTE FUNCTION "set_hashtag_keys"();
