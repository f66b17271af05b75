-- Writes the newest captions of posts of one batch, and returns the batch's newest captions, at most so many, of those that are
-- newer than `after`. One caller at a time: captions get their numbers in the order in which they can be seen. The same caption keeps its number.
CREATE FUNCTION "register_captions"(batch uuid, after bigint, captions jsonb, most int)
RETURNS TABLE ("postId" uuid, "planItemId" uuid, seq bigint, text text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('captions of ' || batch::text, 0));
    INSERT INTO "caption_drafts" AS d ("postId", "batchId", "text")
    SELECT c."postId", batch, c."text"
    FROM jsonb_to_recordset(captions) AS c ("postId" uuid, "text" text)
    WHERE EXISTS (SELECT 1 FROM "posts" p WHERE p."id" = c."postId")
    ORDER BY c."postId"
    ON CONFLICT ("postId") DO UPDATE SET "text" = excluded."text", "seq" = excluded."seq" WHERE d."text" <> excluded."text";
    RETURN QUERY
    SELECT n."postId", p."planItemId", n."seq", n."text"
    FROM (
        SELECT d."postId", d."seq", d."text" FROM "caption_drafts" d
        WHERE d."batchId" = batch AND d."seq" > after
        ORDER BY d."seq" DESC LIMIT most
    ) n JOIN "posts" p ON p."id" = n."postId"
    ORDER BY n."seq";
END
$$;
