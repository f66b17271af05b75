-- The version before this one writes posts without their language.
CREATE FUNCTION "set_post_language"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW."language" := (SELECT c."language" FROM "campaigns" c WHERE c."id" = NEW."campaignId");
    RETURN NEW;
END
$$;

CREATE TRIGGER "posts_insert_language" BEFORE INSERT ON "posts"
FOR EACH ROW WHEN (NEW."language" = '') EXECUTE FUNCTION "set_post_language"();
