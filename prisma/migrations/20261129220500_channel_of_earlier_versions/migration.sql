-- Versions from before "channel" insert batches and posts without it: they get their campaign's.
CREATE FUNCTION "set_channel_of_campaign"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT "channel" INTO NEW."channel" FROM "campaigns" WHERE "id" = NEW."campaignId";
    RETURN NEW;
END
$$;

CREATE TRIGGER "batches_set_channel" BEFORE INSERT ON "batches"
FOR EACH ROW WHEN (NEW."channel" IS NULL) EXECUTE FUNCTION "set_channel_of_campaign"();

CREATE TRIGGER "posts_set_channel" BEFORE INSERT ON "posts"
FOR EACH ROW WHEN (NEW."channel" IS NULL) EXECUTE FUNCTION "set_channel_of_campaign"();
